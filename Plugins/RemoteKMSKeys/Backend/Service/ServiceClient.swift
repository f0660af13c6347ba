#if RemoteKMS
internal import StrongroomKeys
internal import StrongroomSignature
internal import SystemPackage

/// Asks the service: signed, within the request's deadline, again where that may help and does no harm.
struct ServiceClient: Sendable {
    let settings: RemoteSettings
    let transport: ServiceTransport
    let signer: RequestSigner
    let host: any KeyBackendHost

    /// The body of a successful answer.
    func call(
        _ operation: ServiceOperation, _ members: [String: JSONValue], _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> ServiceResponse.Body {
        let body = JSONValue.object(members).encoded()
        let deadline = context.deadlineNanoseconds ?? host.bootNanoseconds() + Self.deadlineNanoseconds
        var attempt = 1
        var hasReadCredentials = false
        while true {
            try checkWanted(context, deadline)
            let credentials = signer.credentials
            let failure: ServiceFailure
            switch await self.attempt(operation, body, credentials, context, deadline) {
            case .success(let answer): return answer
            case .failure(let error): failure = error
            }
            if case .readCredentials = failure.remedy, !hasReadCredentials {
                hasReadCredentials = true
                if await readCredentials(otherThan: credentials) { continue }
            }
            guard failure.allowsAnotherAttempt(at: operation), attempt < settings.attemptCountMax,
                await pause(after: attempt, context, deadline)
            else {
                // Which of the two times ran out is told by the clock alone.
                if failure.error.code == .unavailable { try checkWanted(context, deadline) }
                throw failure.error
            }
            attempt += 1
        }
    }

    /// Where the host sets none, which ours always does.
    private static let deadlineNanoseconds: UInt64 = 30_000_000_000

    private func checkWanted(_ context: KeyRequestContext, _ deadline: UInt64) throws(KeyBackendError) {
        if context.cancellation.isCancelled {
            throw KeyBackendError(.cancelled, "Nobody waits for the key service at \(settings.endpoint.url) any more.")
        }
        guard host.bootNanoseconds() < deadline else {
            throw KeyBackendError(
                .deadlineExceeded,
                "The key service at \(settings.endpoint.url) did not answer before the request's deadline; see how it "
                    + "is, then try again.")
        }
    }

    private func attempt(
        _ operation: ServiceOperation, _ body: [UInt8], _ credentials: Credentials, _ context: KeyRequestContext,
        _ deadline: UInt64
    ) async -> Result<ServiceResponse.Body, ServiceFailure> {
        let clock = host.wallMilliseconds()
        let headers: [(name: String, value: String)]
        do throws(KeyBackendError) {
            headers = try signer.headers(
                operation: operation.name, body: body, wallMilliseconds: clock, credentials)
        } catch {
            return .failure(ServiceFailure(error.code, error.message))
        }
        let remaining = deadline &- min(deadline, host.bootNanoseconds())
        let timeout = min(remaining, UInt64(settings.requestTimeoutSeconds) * 1_000_000_000)
        let request = ServiceRequest(
            headers: headers, body: body, isSecret: operation.isSecret, isRepeatable: operation.isRepeatable,
            answerSizeBytesMax: operation.answerSizeBytesMax)
        let result = await transport.send(
            request, timeoutNanoseconds: Int64(clamping: timeout), cancellation: context.cancellation)
        switch result {
        case .success(let response):
            if response.status == 200 { return .success(response.body) }
            return .failure(
                ServiceFailure(
                    response, settings.endpoint, clock: SigningTime(wallMilliseconds: clock).text))
        case .failure(let error): return .failure(ServiceFailure(error, settings.endpoint))
        }
    }

    /// Reads the credentials again, away from the threads of tasks; whether they are others than those that have just
    /// been refused. What is signed with meanwhile says nothing: another call may have read them before.
    private func readCredentials(otherThan refused: Credentials) async -> Bool {
        let (path, profile) = (settings.credentialsFile, settings.profile)
        let result = await transport.onThread { [signer] in
            Result { () throws(KeyBackendError) in
                let found = try Credentials.read(path, profile: profile)
                // On the one thread there is, so that what was read earlier never replaces what was read later.
                if try !found.isSame(as: signer.credentials) { signer.replace(found) }
                return try !found.isSame(as: refused)
            }
        }
        switch result {
        case .success(let isOther): return isOther
        case .failure(let error):
            host.log(.warning, "The credentials could not be read again: \(error.message)")
            return false
        }
    }

    // MARK: - Pauses

    private static let pauseStepMilliseconds = 50
    private static let pauseMillisecondsMax = 2_000

    /// A random part of a time that doubles with each attempt, so that those who failed together do not come back
    /// together. False, at once, where the deadline would pass meanwhile.
    private func pause(after attempt: Int, _ context: KeyRequestContext, _ deadline: UInt64) async -> Bool {
        let window = min(Self.pauseStepMilliseconds << min(attempt, 10), Self.pauseMillisecondsMax)
        var milliseconds = Int(random() % UInt64(window + 1))
        guard host.bootNanoseconds() + UInt64(milliseconds) * 1_000_000 < deadline else { return false }
        // In steps: whoever waits may give up.
        while milliseconds > 0, !context.cancellation.isCancelled {
            let step = min(milliseconds, Self.pauseStepMilliseconds)
            try? await Task.sleep(for: .milliseconds(step))
            milliseconds -= step
        }
        return true
    }

    private func random() -> UInt64 {
        var bytes = [UInt8](repeating: 0, count: 8)
        var span = bytes.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        // Without randomness the pause is the longest one: it need not be secret.
        guard (try? host.fillRandom(&raw)) != nil else { return .max }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension ServiceFailure: Error {
    func allowsAnotherAttempt(at operation: ServiceOperation) -> Bool {
        switch remedy {
        case .none, .readCredentials: false
        case .tryAgain: true
        case .tryAgainIfRepeatable: operation.isRepeatable
        }
    }
}
#endif
