package import StrongroomCrypto

/// Signs a log's checkpoints.
package struct AuditSigner: Sendable {
    private let seed: SharedSecret
    package let key: AuditVerifierKey

    /// - Parameters:
    ///   - seed: the private key, 32 bytes.
    ///   - origin: the log that it signs for.
    package init(seed: SharedSecret, origin: String) throws(AuditError) {
        let publicKey: [UInt8]
        do throws(SealError) {
            publicKey = try Ed25519.publicKey(seed: seed.bytes)
        } catch {
            throw AuditError(.unavailable, error.message, underlying: error)
        }
        self.seed = seed
        key = try AuditVerifierKey(name: origin, publicKey: publicKey)
    }

    func sign(_ text: String) throws(AuditError) -> [UInt8] {
        do throws(SealError) {
            return try Ed25519.sign(Array(text.utf8), seed: seed.bytes)
        } catch {
            throw AuditError(.unavailable, error.message, underlying: error)
        }
    }
}
