internal import StrongroomCrypto
internal import StrongroomGlacierKeys
internal import StrongroomKMS
internal import StrongroomKeys

/// What opens wrapped keys.
enum WrapOpener: Sendable {
    /// A backend as the engine asks it, and what that looks at.
    case backend(KeyBackendInstance, FuzzedWrap.Parts)
    /// The archive's wraps around wraps.
    case archive(ArchiveKeys)
    /// The key service's data keys, with the key and its material named beside the bytes.
    case service(KeyService)
    /// The same with the names in the bytes, as KMS hands them out.
    case ciphertexts(KeyService)

    var parts: FuzzedWrap.Parts {
        switch self {
        case .backend(_, let parts): parts
        case .service: [.names, .context]
        case .archive, .ciphertexts: .context
        }
    }

    func open(_ wrap: FuzzedWrap) async throws(KeyBackendError) -> [UInt8] {
        switch self {
        case .backend(let instance, _):
            let request = UnwrapRequest(encryptionContext: wrap.context, context: try wrap.requestContext())
            return plaintext(of: try await instance.unwrap(wrap.wrapped, for: request))
        case .archive(let keys):
            return try await keys.open(wrap.wrapped.bytes, boundTo: wrap.context.canonicalBytes)
        case .service(let service):
            do throws(KeyServiceError) {
                return plaintext(of: try await service.decrypt(wrap.wrapped, encryptionContext: wrap.context))
            } catch {
                throw KeyBackendError(error)
            }
        case .ciphertexts(let service):
            do throws(KeyServiceError) {
                let ciphertext = try KeyCiphertext(wrap.wrapped.bytes)
                return plaintext(of: try await service.decrypt(ciphertext, encryptionContext: wrap.context))
            } catch {
                throw KeyBackendError(error)
            }
        }
    }

    /// The same key under what wraps now.
    func wrappedAgain(_ wrap: FuzzedWrap) async throws(KeyBackendError) -> FuzzedWrap {
        var fresh = wrap
        switch self {
        case .backend(let instance, _):
            let request = RewrapRequest(encryptionContext: wrap.context, context: try wrap.requestContext())
            fresh.wrapped = try await instance.rewrap(wrap.wrapped, for: request)
        case .archive(let keys):
            let sealed = try await keys.reseal(wrap.wrapped.bytes, boundTo: wrap.context.canonicalBytes)
            fresh.wrapped.bytes = sealed.bytes
        case .service(let service):
            do throws(KeyServiceError) {
                fresh.wrapped = try await service.rewrap(wrap.wrapped, encryptionContext: wrap.context)
            } catch {
                throw KeyBackendError(error)
            }
        case .ciphertexts(let service):
            do throws(KeyServiceError) {
                let sealed = try await service.reEncrypt(
                    try KeyCiphertext(wrap.wrapped.bytes), sourceContext: wrap.context,
                    destinationKeyID: KeyService.defaultKeyID, destinationContext: wrap.context)
                fresh.wrapped.bytes = sealed.bytes
            } catch {
                throw KeyBackendError(error)
            }
        }
        return fresh
    }
}

/// To be compared: keys of a fuzzer's are no secret.
func plaintext(of secret: borrowing SecretBytes) -> [UInt8] {
    do throws(SecretMemoryError) {
        return try secret.withBytes { (bytes) throws(SecretMemoryError) in bytes.bytes(in: 0..<bytes.byteCount) }
    } catch {
        finding("a secret cannot be read: \(error)")
    }
}
