/// What the decoders of this floor's bytes accept, held against what the encoders write: for fuzzers, which hand in any
/// bytes. A decoder that takes two spellings for one thing has room for something nobody meant.
package enum FormatProbe {
    /// False where `bytes` are taken for a row that would be written in other bytes.
    package static func isCanonical(row bytes: [UInt8]) -> Bool {
        StoredRowCodec.decode(bytes).map { StoredRowCodec.encode($0) == bytes } ?? true
    }

    /// False where `body` is taken for a commit that would be written in other bytes.
    package static func isCanonical(commit body: [UInt8]) -> Bool {
        guard let frame = CommitFrame(body: body) else { return true }
        let encoded = CommitFrame.encode(
            timeMilliseconds: frame.timeMilliseconds, mutations: frame.mutations,
            attachments: frame.attachments.map { Array(body[$0]) }, note: frame.note)
        return encoded.frame == frame && Array(encoded.pieces.joined()) == body
    }

    /// False where `bytes`, with a checksum that holds, are taken for a state that would be written in other bytes.
    package static func isCanonical(checkpointState bytes: [UInt8]) -> Bool {
        var bytes = bytes
        bytes.appendLittleEndian(bytes.checksum)
        return (try? CheckpointState(decoding: bytes)).map { $0.encoded() == bytes } ?? true
    }
}
