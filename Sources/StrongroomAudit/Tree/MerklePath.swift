/// Gathers, while a tree is built, what proves that a node is in it: the hashes beside the way from the node to the
/// root.
struct MerklePath {
    /// The leaves below the node.
    private let leaves: Range<UInt64>
    private var frontier = MerkleFrontier()
    /// The node itself, once the tree has it.
    private(set) var node: MerkleHash?
    private var hashes: [MerkleHash] = []

    /// The node over `leaves`: a power of two of them, that starts at a multiple of it.
    init(of leaves: Range<UInt64>) { self.leaves = leaves }

    mutating func append(_ leaf: MerkleHash) {
        if leaves == frontier.size..<frontier.size + 1 { node = leaf }
        let wanted = leaves
        var (found, beside) = (node, hashes)
        frontier.append(leaf) { join in
            if join.left.leaves.lowerBound..<join.right.leaves.upperBound == wanted { found = join.joined }
            if let hash = Self.sibling(of: wanted, in: join) { beside.append(hash) }
        }
        (node, hashes) = (found, beside)
    }

    /// The tree as it is.
    var tree: MerkleFrontier { frontier }

    /// From the node's sibling up to the root's child, for the tree as it is now.
    func finished() -> [MerkleHash] {
        var beside = hashes
        _ = frontier.root { join in
            if let hash = Self.sibling(of: leaves, in: join) { beside.append(hash) }
        }
        return beside
    }

    private static func sibling(of leaves: Range<UInt64>, in join: MerkleFrontier.Join) -> MerkleHash? {
        if join.left.leaves.contains(leaves) { return join.right.hash }
        return join.right.leaves.contains(leaves) ? join.left.hash : nil
    }
}

extension Range<UInt64> {
    fileprivate func contains(_ other: Range) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
