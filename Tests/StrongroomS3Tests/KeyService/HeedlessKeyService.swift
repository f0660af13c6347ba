import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import Synchronization

/// A key service that knows nothing of users' policies, as one elsewhere, or a token: two keys, one with an alias.
final class HeedlessKeyService: KeyBackend {
    static let standard = "arn:aws:kms:us-east-1:000000000000:key/standard"
    static let payroll = "arn:aws:kms:us-east-1:000000000000:key/payroll"
    static let alias = "alias/payroll"

    static var table: KeyBackendTable {
        exportKeyBackend(name: "heedless", version: "0", capabilities: [.returnsPromptly, .bindsContext]) {
            (_, _) throws(KeyBackendError) in HeedlessKeyService()
        }
    }

    private struct Kept {
        var plaintext: SharedSecret
        var context: EncryptionContext
    }

    /// What is wrapped, by what it is wrapped as.
    private let keys = Mutex<[[UInt8]: Kept]>([:])

    private static func keyID(_ name: String?) throws(KeyBackendError) -> String {
        switch name {
        case nil, standard: return standard
        case alias, payroll: return payroll
        default: throw KeyBackendError(.keyNotFound, "There is no such key.")
        }
    }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        let keyID = try Self.keyID(request.keyID)
        do throws(SecretMemoryError) {
            let plaintext = try SecretBytes.random(count: GeneratedDataKey.sizeBytes)
            let bytes = SystemRandom().bytes(64)
            let kept = Kept(plaintext: SharedSecret(try Self.copy(plaintext)), context: request.encryptionContext)
            keys.withLock { $0[bytes] = kept }
            return GeneratedDataKey(
                plaintext: plaintext, wrapped: WrappedDataKey(keyID: keyID, keyVersion: "1", bytes: bytes))
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        guard let kept = keys.withLock({ $0[wrapped.bytes] }), kept.context == request.encryptionContext else {
            throw KeyBackendError(.invalidCiphertext, "Nobody has wrapped this so.")
        }
        do throws(SecretMemoryError) {
            return try Self.copy(kept.plaintext.bytes)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        wrapped
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        KeyDescription(keyID: try Self.keyID(request.keyID), currentVersion: "1", health: .ready)
    }

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        throw KeyBackendError(.unsupported, "There is no administration here.")
    }

    func close() async throws(KeyBackendError) {}

    private static func copy(_ secret: borrowing SecretBytes) throws(SecretMemoryError) -> SecretBytes {
        try secret.withBytes { (bytes) throws(SecretMemoryError) in try SecretBytes(copying: bytes) }
    }
}
