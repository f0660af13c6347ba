internal import StrongroomCrypto

/// A node of a tree after RFC 6962: SHA-256, with another first byte for leaves than for what stands above them, so
/// that no record passes for two hashes.
package struct MerkleHash: Hashable, Sendable {
    package static let sizeBytes = 32

    package let bytes: [UInt8]

    /// Nil for another number of bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.sizeBytes else { return nil }
        self.bytes = Array(bytes)
    }

    private init(hashing bytes: [UInt8]) {
        do throws(SealError) {
            self.bytes = try bytes.withRaw { (bytes) throws(SealError) in try Digest.hash(.sha256, bytes) }
        } catch {
            // A trail that cannot be hashed must not be written, and nothing can be released without one.
            preconditionFailure("SHA-256 fails: \(error)")
        }
    }

    /// The hash of a record.
    package static func leaf(_ record: some Collection<UInt8>) -> MerkleHash {
        MerkleHash(hashing: [0x00] + record)
    }

    /// The hash over two hashes.
    package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        MerkleHash(hashing: [0x01] + left.bytes + right.bytes)
    }

    /// The root of a tree without leaves.
    package static let empty = MerkleHash(hashing: [])
}
