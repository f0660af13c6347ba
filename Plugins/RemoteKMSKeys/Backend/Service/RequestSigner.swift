#if RemoteKMS
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSignature
internal import Synchronization

/// Signs requests to one service with credentials that may be replaced.
final class RequestSigner: Sendable {
    private struct State {
        var credentials: Credentials
        /// Of the day that was signed on last.
        var key: SigningKey?
    }

    private static let contentType = "application/x-amz-json-1.1"
    private static let service = "kms"

    private let region: String
    private let hostHeader: String
    private let state: Mutex<State>

    init(_ credentials: Credentials, region: String, endpoint: ServiceEndpoint) {
        self.region = region
        hostHeader = endpoint.hostHeader
        state = Mutex(State(credentials: credentials))
    }

    /// What is signed with at present.
    var credentials: Credentials { state.withLock { $0.credentials } }

    func replace(_ credentials: Credentials) { state.withLock { $0 = State(credentials: credentials) } }

    /// All headers of a request, signed with these credentials.
    func headers(
        operation: String, body: [UInt8], wallMilliseconds: Int64, _ credentials: Credentials
    ) throws(KeyBackendError) -> [(name: String, value: String)] {
        let time = SigningTime(wallMilliseconds: wallMilliseconds)
        let key = try key(of: credentials, at: time)
        var headers = [
            (name: "host", value: hostHeader), (name: "content-type", value: Self.contentType),
            (name: "x-amz-date", value: time.text), (name: "x-amz-target", value: "TrentService." + operation),
        ]
        if let token = credentials.sessionToken { headers.append((name: "x-amz-security-token", value: token)) }
        do throws(SealError) {
            let request = SignableRequest(
                method: "POST", path: "/", headers: headers, payloadHash: try PayloadHash.hexadecimal(body))
            headers.append(
                (
                    name: "authorization",
                    value: try key.authorization(of: request, at: time, accessKeyID: credentials.accessKeyID)
                ))
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        return headers
    }

    private func key(of credentials: Credentials, at time: SigningTime) throws(KeyBackendError) -> SigningKey {
        let key = state.withLock { state in
            state.credentials.secretAccessKey === credentials.secretAccessKey ? state.key : nil
        }
        let scope = CredentialScope(date: time.date, region: region, service: Self.service)
        if let key, key.scope == scope { return key }
        let fresh: SigningKey
        do throws(SecretMemoryError) {
            fresh = try SigningKey(secretAccessKey: credentials.secretAccessKey.bytes, scope: scope)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        state.withLock { state in
            // Where the credentials have been replaced meanwhile, this key is not theirs.
            if state.credentials.secretAccessKey === credentials.secretAccessKey { state.key = fresh }
        }
        return fresh
    }
}
#endif
