import StrongroomSimulation
import Testing

@testable import StrongroomAudit

@Suite("Merkle tree") struct MerkleTests {
    /// The leaves and roots with which implementations of RFC 6962 have been tested since Certificate Transparency's
    /// first one.
    private static let knownLeaves: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], Array(0x40...0x43), Array(0x50...0x57), Array(0x60...0x6F),
    ]
    private static let knownRoots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test("roots are those of RFC 6962's implementations")
    func vectors() {
        var tree = MerkleFrontier()
        for (size, root) in Self.knownRoots.enumerated() {
            #expect(hexadecimal(tree.root) == root)
            if size < Self.knownLeaves.count { tree.append(.leaf(Self.knownLeaves[size])) }
        }
    }

    /// RFC 6962, section 2.1, word by word.
    private func definedRoot(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        guard leaves.count > 1 else { return leaves.first ?? .empty }
        var half = 1
        while half * 2 < leaves.count { half *= 2 }
        let middle = leaves.startIndex + half
        return .node(definedRoot(leaves[..<middle]), definedRoot(leaves[middle...]))
    }

    private static let leaves = (0..<130).map { MerkleHash.leaf(Array("leaf \($0)".utf8)) }

    private func path(of range: Range<UInt64>, size: Int) -> MerklePath {
        var path = MerklePath(of: range)
        for leaf in Self.leaves.prefix(size) { path.append(leaf) }
        return path
    }

    @Test("a tree that grows has at each size the root that is defined")
    func roots() {
        var tree = MerkleFrontier()
        for (size, leaf) in Self.leaves.enumerated() {
            #expect(tree.root == definedRoot(Self.leaves[..<size]))
            #expect(MerkleFrontier(size: tree.size, hashes: tree.hashes) == tree)
            tree.append(leaf)
        }
        #expect(MerkleFrontier(size: 5, hashes: [.empty]) == nil)
    }

    @Test(
        "every leaf of every tree is proved, and nothing else by the same proof",
        arguments: Array(1...34) + [63, 64, 65, 100])
    func inclusion(size: Int) {
        let root = definedRoot(Self.leaves[..<size])
        for index in 0..<size {
            let path = path(of: UInt64(index)..<UInt64(index) + 1, size: size)
            let proof = InclusionProof(index: UInt64(index), hashes: path.finished())
            #expect(path.node == Self.leaves[index])
            #expect(proof.isValid(for: Self.leaves[index], size: UInt64(size), root: root))
            #expect(!proof.isValid(for: Self.leaves[index + 1], size: UInt64(size), root: root))
            #expect(!proof.isValid(for: Self.leaves[index], size: UInt64(size), root: .empty))
            for place in proof.hashes.indices {
                var wrong = proof
                wrong.hashes[place] = .empty
                #expect(!wrong.isValid(for: Self.leaves[index], size: UInt64(size), root: root))
            }
            var wrong = proof
            wrong.hashes.append(.empty)
            #expect(!wrong.isValid(for: Self.leaves[index], size: UInt64(size), root: root))
            wrong.hashes = Array(proof.hashes.dropLast())
            #expect(proof.hashes.isEmpty || !wrong.isValid(for: Self.leaves[index], size: UInt64(size), root: root))
            wrong = proof
            wrong.index = UInt64(size)
            #expect(!wrong.isValid(for: Self.leaves[index], size: UInt64(size), root: root))
        }
    }

    private func consistency(_ old: Int, _ size: Int) -> ConsistencyProof {
        guard old > 0, old < size else { return ConsistencyProof(oldSize: UInt64(old), hashes: []) }
        let path = path(of: ConsistencyProof.lastSubtree(ofSize: UInt64(old)), size: size)
        let seed = old.nonzeroBitCount == 1 ? [] : [path.node].compactMap { $0 }
        return ConsistencyProof(oldSize: UInt64(old), hashes: seed + path.finished())
    }

    @Test(
        "every tree is proved to have grown from every smaller one, and from no other",
        arguments: Array(1...20) + [32, 33, 50])
    func consistency(size: Int) {
        let root = definedRoot(Self.leaves[..<size])
        for old in 0...size {
            let oldRoot = definedRoot(Self.leaves[..<old])
            let proof = consistency(old, size)
            #expect(proof.isValid(oldRoot: oldRoot, size: UInt64(size), root: root))
            #expect(!proof.isValid(oldRoot: Self.leaves[129], size: UInt64(size), root: root))
            // From nothing grows everything.
            #expect(old == 0 || !proof.isValid(oldRoot: oldRoot, size: UInt64(size), root: Self.leaves[129]))
            for place in proof.hashes.indices {
                var wrong = proof
                wrong.hashes[place] = .empty
                #expect(!wrong.isValid(oldRoot: oldRoot, size: UInt64(size), root: root))
            }
            var wrong = proof
            wrong.hashes.append(.empty)
            #expect(!wrong.isValid(oldRoot: oldRoot, size: UInt64(size), root: root))
            wrong.oldSize = UInt64(size) + 1
            #expect(!wrong.isValid(oldRoot: oldRoot, size: UInt64(size), root: root))
        }
    }

    private func hexadecimal(_ hash: MerkleHash) -> String {
        hash.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
