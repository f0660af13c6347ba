/// Proves that a log has only grown since it had another size: RFC 6962, section 2.1.2.
package struct ConsistencyProof: Sendable, Equatable {
    /// How many records the older tree has.
    package var oldSize: UInt64
    package var hashes: [MerkleHash]

    package init(oldSize: UInt64, hashes: [MerkleHash]) {
        self.oldSize = oldSize
        self.hashes = hashes
    }

    /// The leaves below the last complete subtree of a tree of this size, of which the proof starts.
    static func lastSubtree(ofSize size: UInt64) -> Range<UInt64> {
        precondition(size > 0, "a tree without leaves has no subtree")
        return size - (1 << UInt64(size.trailingZeroBitCount))..<size
    }

    /// Whether the tree of `size` and `root` begins with all of the tree of `oldSize` and `oldRoot` (RFC 9162, section
    /// 2.1.4.2).
    package func isValid(oldRoot: MerkleHash, size: UInt64, root: MerkleHash) -> Bool {
        guard oldSize <= size else { return false }
        if oldSize == 0 { return hashes.isEmpty && oldRoot == .empty }
        if oldSize == size { return hashes.isEmpty && oldRoot == root }
        let path = oldSize.nonzeroBitCount == 1 ? [oldRoot] + hashes : hashes
        guard let seed = path.first else { return false }
        let shift = UInt64((oldSize - 1).trailingOneBitCount)
        var (position, last) = ((oldSize - 1) >> shift, (size - 1) >> shift)
        var (old, new) = (seed, seed)
        for hash in path.dropFirst() {
            guard last > 0 else { return false }
            if position & 1 == 1 || position == last {
                (old, new) = (.node(hash, old), .node(hash, new))
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                new = .node(new, hash)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == root
    }
}

extension UInt64 {
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}
