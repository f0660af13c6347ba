internal import StrongroomCrypto
internal import StrongroomKMS
internal import StrongroomKeys

/// The key service behind the contract: requests and errors in the contract's words, the work in ``KeyService``.
struct KMSBackend: KeyBackend {
    let service: KeyService

    init(_ service: KeyService) { self.service = service }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey {
        do throws(KeyServiceError) {
            return try await service.generateDataKey(
                keyID: request.keyID, encryptionContext: request.encryptionContext, as: KeyRequester(request.context))
        } catch {
            throw KeyBackendError(error)
        }
    }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        do throws(KeyServiceError) {
            return try await service.decrypt(
                wrapped, encryptionContext: request.encryptionContext, as: KeyRequester(request.context))
        } catch {
            throw KeyBackendError(error)
        }
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        do throws(KeyServiceError) {
            return try await service.rewrap(
                wrapped, encryptionContext: request.encryptionContext, as: KeyRequester(request.context))
        } catch {
            throw KeyBackendError(error)
        }
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        do throws(KeyServiceError) {
            let key = try await service.describeKey(request.keyID, as: KeyRequester(request.context))
            let isEnabled = key.state == .enabled
            return KeyDescription(
                keyID: key.arn, currentVersion: key.currentMaterialID ?? "none",
                health: isEnabled ? .ready : .unavailable,
                message: isEnabled ? "" : "The key is \(key.state), and cannot be used.")
        } catch {
            throw KeyBackendError(error)
        }
    }

    func close() async throws(KeyBackendError) { await service.close() }
}
