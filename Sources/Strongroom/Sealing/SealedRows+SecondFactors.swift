internal import StrongroomCrypto
internal import StrongroomSystem

/// Secrets of second factors, which stand sealed in what is sealed, as those of access keys do.
extension SealedRows {
    /// Bytes of a secret: as many as the hash of its codes has (RFC 4226, section 4).
    static let factorBytes = SHA1.digestSizeBytes
    /// Bytes of one that is sealed.
    static let sealedFactorBytes = SealedStream.sealedSecretSizeBytes(count: factorBytes)

    /// One that never stood outside of locked memory.
    static func newFactorSecret(_ random: SystemRandom) throws(StoreError) -> SecretBytes {
        do throws(SecretMemoryError) {
            return try SecretBytes.random(count: factorBytes, from: random)
        } catch {
            throw StoreError(secretMemory: error)
        }
    }

    func sealFactor(
        _ secret: borrowing SecretBytes, of userID: String, userRowKey: [UInt8], random: SystemRandom
    ) throws(StoreError) -> [UInt8] {
        do throws(SealError) {
            return try SealedStream.sealSecret(
                secret, Self.suite, under: secondFactors,
                context: CanonicalFields.secondFactor(userRowKey: userRowKey, userID: userID), random: random)
        } catch {
            throw StoreError(error)
        }
    }

    /// Nil where it is not what was sealed.
    func openFactor(_ sealed: [UInt8], of userID: String, userRowKey: [UInt8]) throws(StoreError) -> SecretBytes? {
        do throws(SealError) {
            return try SealedStream.openSecret(
                sealed, count: Self.factorBytes, Self.suite, under: secondFactors,
                context: CanonicalFields.secondFactor(userRowKey: userRowKey, userID: userID))
        } catch {
            return try Self.nilWhereDamaged(error)
        }
    }
}
