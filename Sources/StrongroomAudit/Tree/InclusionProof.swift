/// Proves that a record stands at an index of the log that a checkpoint signs: RFC 6962, section 2.1.1.
package struct InclusionProof: Sendable, Equatable {
    /// How many records stand before it.
    package var index: UInt64
    /// From the leaf's sibling up to the root's child.
    package var hashes: [MerkleHash]

    package init(index: UInt64, hashes: [MerkleHash]) {
        self.index = index
        self.hashes = hashes
    }

    /// Whether a tree of this size and root has the leaf at `index` (RFC 9162, section 2.1.3.2).
    package func isValid(for leaf: MerkleHash, size: UInt64, root: MerkleHash) -> Bool {
        guard index < size else { return false }
        var (position, last) = (index, size - 1)
        var node = leaf
        for hash in hashes {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                node = .node(hash, node)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                node = .node(node, hash)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && node == root
    }
}
