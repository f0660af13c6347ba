/// The body of a checkpoint's frame.
///
///     offset  size  field
///          0     4  number of hashes
///          4  32 ×  hashes of the records since the checkpoint before, in their order
///          …     …  the checkpoint: a signed note, UTF-8, to the end
///
/// Little-endian; part of the format, must not change. With the hashes, which the checkpoint signs as well, a reader
/// can say which record was altered, and not only that one was.
package struct CheckpointFrame: Equatable, Sendable {
    var hashes: [MerkleHash]
    var note: String

    package init(hashes: [MerkleHash], note: String) {
        self.hashes = hashes
        self.note = note
    }

    /// Nil for what is none.
    package init?(_ body: [UInt8]) {
        guard body.count >= 4 else { return nil }
        let count = Int(body.littleEndian(at: 0, as: UInt32.self))
        guard count <= (body.count - 4) / MerkleHash.sizeBytes else { return nil }
        let noteStart = 4 + count * MerkleHash.sizeBytes
        guard let note = String(validating: body[noteStart...], as: UTF8.self) else { return nil }
        self.note = note
        hashes = (0..<count).compactMap { index in
            let start = 4 + index * MerkleHash.sizeBytes
            return MerkleHash(body[start..<start + MerkleHash.sizeBytes])
        }
    }

    package func encoded() -> [UInt8] {
        var body: [UInt8] = []
        body.append(littleEndian: UInt32(hashes.count))
        for hash in hashes { body += hash.bytes }
        return body + Array(note.utf8)
    }
}
