/// An unkeyed SHA-256 tree hash: leaves of 1 MiB, parents over pairs, an odd node promoted as it is
/// (Amazon S3 Glacier, "Computing Checksums"). Nothing hashed is the SHA-256 of nothing.
///
/// It says which bytes are damaged, not who wrote them; the length is bound beside it.
/// Memory is bounded: one digest for each bit of the number of leaves.
package struct TreeHash: ~Copyable {
    package static let leafSizeBytes = 1 << 20

    private var leaf: Digest
    private var leafFill = 0
    /// Roots of complete subtrees, largest first, each of another height.
    private var roots: [(height: Int, hash: [UInt8])] = []

    /// Throws `cryptoFailure` where the library does not allow SHA-256.
    package init() throws(SealError) {
        leaf = try Digest(.sha256)
    }

    package mutating func update(_ bytes: RawSpan) {
        var offset = 0
        while offset < bytes.byteCount {
            // A full leaf is closed by the first byte after it, so that the last one may be full too.
            if leafFill == Self.leafSizeBytes { closeLeaf() }
            let count = min(bytes.byteCount - offset, Self.leafSizeBytes - leafFill)
            leaf.update(bytes.extracting(offset..<offset + count))
            leafFill += count
            offset += count
        }
    }

    /// The hash of all bytes since the start, or since the last call of `finish`.
    package mutating func finish() -> [UInt8] {
        closeLeaf()
        var hash = roots.removeLast().hash
        while let left = roots.popLast() { hash = parent(left.hash, hash) }
        return hash
    }

    /// The tree hash of `bytes`.
    package static func hash(_ bytes: RawSpan) throws(SealError) -> [UInt8] {
        var hash = try TreeHash()
        hash.update(bytes)
        return hash.finish()
    }

    private mutating func closeLeaf() {
        var hash = leaf.finish()
        var height = 0
        leafFill = 0
        while let last = roots.last, last.height == height {
            roots.removeLast()
            hash = parent(last.hash, hash)
            height += 1
        }
        roots.append((height, hash))
    }

    /// The digest is free between two leaves.
    private mutating func parent(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        // Safe: a UInt8 is raw bytes.
        leaf.update(unsafe left.span.bytes)
        leaf.update(unsafe right.span.bytes)
        return leaf.finish()
    }
}
