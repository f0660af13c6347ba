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
            let fresh = try await service.rewrap(
                wrapped, encryptionContext: request.encryptionContext, as: KeyRequester(request.context))
            // What a related key has sealed goes on under that one's name, as `describe` has it.
            return WrappedDataKey(keyID: wrapped.keyID, keyVersion: fresh.keyVersion, bytes: fresh.bytes)
        } catch {
            throw KeyBackendError(error)
        }
    }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        do throws(KeyServiceError) {
            // What a related key has sealed is asked about by that one's ARN, which goes on being its name.
            let key = try await service.describeSealingKey(
                request.keyID ?? KMSKeys.defaultKeyID, as: KeyRequester(request.context))
            let isEnabled = key.state == .enabled || key.state == .updating
            let isRelated = request.keyID.map { $0.hasPrefix("arn:") && $0.hasSuffix("/" + key.keyID) } ?? false
            return KeyDescription(
                keyID: isRelated ? request.keyID ?? key.arn : key.arn, currentVersion: key.currentMaterialID ?? "none",
                health: isEnabled ? .ready : .unavailable,
                message: isEnabled ? "" : "The key is \(key.state), and cannot be used.")
        } catch {
            throw KeyBackendError(error)
        }
    }

    func close() async throws(KeyBackendError) { await service.close() }
}
