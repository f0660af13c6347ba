internal import StrongroomCrypto

/// What a log holds at one moment, in the words of c2sp.org/tlog-checkpoint.
package struct Checkpoint: Sendable, Equatable {
    /// Which log it is.
    package var origin: String
    /// How many records it has.
    package var size: UInt64
    /// The root of the tree over them.
    package var root: MerkleHash

    package init(origin: String, size: UInt64, root: MerkleHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// The text that is signed.
    package var text: String { "\(origin)\n\(size)\n\(PaddedBase64.encode(root.bytes))\n" }

    /// Nil for what is not the one text of a checkpoint. Lines of extension are refused: nobody here writes any.
    init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, !lines[0].isEmpty, let size = UInt64(lines[1]),
            let root = PaddedBase64.decode(String(lines[2])).flatMap({ MerkleHash($0) })
        else { return nil }
        self.init(origin: String(lines[0]), size: size, root: root)
        // "07" is no size.
        guard self.text == text else { return nil }
    }
}
