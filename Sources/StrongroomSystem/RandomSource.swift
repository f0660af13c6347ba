/// Where keys, salts and identifiers come from: `getrandom` in the product, a seeded source in simulations.
package protocol RandomSource: Sendable {
    /// Also for secrets: no copy of the bytes is kept anywhere.
    func fill(_ buffer: inout MutableRawSpan)

    /// `count` random bytes that are no secret (salts, identifiers); secrets are drawn into `SecretBytes`.
    func bytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
    package func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        fill(&raw)
        return bytes
    }
}
