/// A tree after RFC 6962 that grows at its end, without its inside: the roots of the complete subtrees that its leaves
/// fall into, the largest first.
///
/// Invariant: one hash for each bit that is set in `size`; the highest bit's comes first.
package struct MerkleFrontier: Sendable, Equatable {
    package private(set) var size: UInt64 = 0
    package private(set) var hashes: [MerkleHash] = []

    package init() {}

    /// Nil where there are not as many hashes as `size` asks for.
    package init?(size: UInt64, hashes: [MerkleHash]) {
        guard hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Adds a leaf.
    package mutating func append(_ leaf: MerkleHash) { append(leaf) { (_) in } }

    /// The root of the tree.
    package var root: MerkleHash { root { (_) in } }

    /// Two nodes that have become one.
    struct Join {
        var left: (leaves: Range<UInt64>, hash: MerkleHash)
        var right: (leaves: Range<UInt64>, hash: MerkleHash)
        var joined: MerkleHash
    }

    mutating func append(_ leaf: MerkleHash, onJoin: (Join) -> Void) {
        var (node, leaves) = (leaf, size..<size + 1)
        while size & (UInt64(leaves.count)) != 0 {
            let left = hashes.removeLast()
            let leftLeaves = leaves.lowerBound - UInt64(leaves.count)..<leaves.lowerBound
            let joined = MerkleHash.node(left, node)
            onJoin(Join(left: (leftLeaves, left), right: (leaves, node), joined: joined))
            (node, leaves) = (joined, leftLeaves.lowerBound..<leaves.upperBound)
        }
        hashes.append(node)
        size += 1
    }

    func root(onJoin: (Join) -> Void) -> MerkleHash {
        guard var node = hashes.last else { return .empty }
        var start = size
        var subtrees: [Range<UInt64>] = []
        for bit in 0..<64 where size & (1 << UInt64(bit)) != 0 {
            subtrees.append(start - (1 << UInt64(bit))..<start)
            start -= 1 << UInt64(bit)
        }
        var leaves = subtrees[0]
        for (left, leftLeaves) in zip(hashes.dropLast().reversed(), subtrees.dropFirst()) {
            let joined = MerkleHash.node(left, node)
            onJoin(Join(left: (leftLeaves, left), right: (leaves, node), joined: joined))
            (node, leaves) = (joined, leftLeaves.lowerBound..<leaves.upperBound)
        }
        return node
    }
}
