internal import StrongroomCrypto
internal import StrongroomSystem

/// Seals and opens the tokens of temporary credentials.
///
/// Byte map of a token, version 1, which is sent as base64:
///
///     version u8 = 1 | sealed stream of the content (`Session`)
///
/// The secret that goes with it is derived from the content, under another key than the one that seals it. Both keys
/// are derived from the store's metadata key: the token of another store does not open.
final class SessionTokens: Sendable {
    static let formatVersion: UInt8 = 1
    /// No token is as long, in characters.
    static let sizeMaximum = 8_192
    private static let suite = SealedStreamSuite.aes256GCM

    private let tokens: PreparedKey
    private let secrets: PreparedKey

    init(_ metadataKey: SharedSecret) throws(StoreError) {
        do throws(SealError) {
            let key = try PreparedKey(metadataKey.bytes)
            tokens = try key.storeKey(for: "session tokens")
            secrets = try key.storeKey(for: "session secrets")
        } catch {
            throw StoreError(error)
        }
    }

    func seal(_ session: Session, random: SystemRandom) throws(StoreError) -> String {
        do throws(SealError) {
            let sealed = try SealedStream.seal(
                session.encoded(), Self.suite, key: tokens,
                context: CanonicalFields.sessionToken(formatVersion: Self.formatVersion), random: random)
            return PaddedBase64.encode([Self.formatVersion] + sealed)
        } catch {
            throw StoreError(error)
        }
    }

    /// Nil where this store has not sealed it.
    func open(_ token: String) throws(StoreError) -> Session? {
        guard token.utf8.count <= Self.sizeMaximum, let bytes = PaddedBase64.decode(token),
            bytes.first == Self.formatVersion
        else { return nil }
        let content: [UInt8]?
        do throws(SealError) {
            content = try SealedStream.open(
                Array(bytes.dropFirst()), Self.suite, key: tokens,
                context: CanonicalFields.sessionToken(formatVersion: Self.formatVersion))
        } catch {
            content = try SealedRows.nilWhereDamaged(error)
        }
        return content.flatMap { try? Session(decoding: $0) }
    }

    /// 40 characters, as secrets of access keys have.
    func secret(of session: Session) throws(StoreError) -> SharedSecret {
        do throws(SealError) {
            let bytes = try secrets.expand(
                info: CanonicalFields.sessionSecret(content: session.encoded()), count: SealedRows.secretRandomBytes)
            do throws(SecretMemoryError) {
                return SharedSecret(try SecretBase64.encode(bytes))
            } catch {
                throw SealError(secretMemory: error)
            }
        } catch {
            throw StoreError(error)
        }
    }
}
