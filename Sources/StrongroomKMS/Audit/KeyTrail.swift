internal import StrongroomAudit
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// The service's audit trail: each call leaves a record, which is durable before anything that the call made is
/// released. Without a log it records nothing.
final class KeyTrail: Sendable {
    private let log: AuditLog?
    private let host: any KeyBackendHost
    private let owner: KeyOwner

    init(_ log: AuditLog?, _ owner: KeyOwner, _ host: any KeyBackendHost) {
        self.log = log
        self.owner = owner
        self.host = host
    }

    var isOn: Bool { log != nil }

    var status: AuditLog.Status? { log?.status }

    /// Returns once the record is durable. Fails where that is not known: then nothing may be released.
    func record(_ call: KeyCall, failure: KeyServiceError? = nil) async throws(KeyServiceError) {
        guard let log else { return }
        do throws(AuditError) {
            _ = try await log.append(bytes(call, failure))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// The same on a thread that may block.
    func recordBlocking(_ call: KeyCall) throws(KeyServiceError) {
        guard let log else { return }
        do throws(AuditError) {
            _ = try log.appendBlocking(bytes(call, nil))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// What the service does by itself with a key, or the application with the keyring (no key): for `record`.
    func event(_ name: String, of keyARN: String?) -> ServiceEvent {
        ServiceEvent(name: name, keyARN: keyARN, requestID: newID())
    }

    /// On a thread that may block, before it happens.
    func recordBlocking(_ event: ServiceEvent) throws(KeyServiceError) {
        guard let log else { return }
        do throws(AuditError) {
            _ = try log.appendBlocking(bytes(event, nil))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// That it has not happened after all.
    func record(_ event: ServiceEvent, failure: KeyServiceError) async throws(KeyServiceError) {
        guard let log else { return }
        do throws(AuditError) {
            _ = try await log.append(bytes(event, failure))
        } catch {
            throw KeyServiceError(error)
        }
    }

    func checkpoint() async throws(KeyServiceError) -> String? {
        guard let log else { return nil }
        do throws(AuditError) {
            return try await log.checkpoint().note
        } catch {
            throw KeyServiceError(error)
        }
    }

    func close() async {
        do throws(AuditError) {
            try await log?.close()
        } catch {
            host.log(.error, "The audit trail could not be signed at its end: \(error)")
        }
    }

    // MARK: - Records

    static let eventSource = "kms.amazonaws.com"

    private func bytes(_ event: ServiceEvent, _ failure: KeyServiceError?) -> [UInt8] {
        let service = AuditIdentity(type: "AWSService", invokedBy: Self.eventSource)
        var record = AuditRecord(
            identity: event.keyARN == nil ? AuditIdentity(nil, owner) : service,
            eventMilliseconds: host.wallMilliseconds(), eventSource: Self.eventSource, eventName: event.name,
            region: owner.region, requestID: event.requestID, eventID: newID(), isReadOnly: false,
            recipientAccountID: owner.account)
        record.eventType = "AwsServiceEvent"
        record.errorCode = failure.map(Self.errorCode)
        record.errorMessage = failure?.message
        record.resources = event.keyARN.map { [resource($0)] } ?? []
        return record.encoded()
    }

    private func bytes(_ call: KeyCall, _ failure: KeyServiceError?) -> [UInt8] {
        let requester = call.requester
        var record = AuditRecord(
            identity: AuditIdentity(requester.caller, owner), eventMilliseconds: host.wallMilliseconds(),
            eventSource: Self.eventSource, eventName: call.operation.description, region: owner.region,
            requestID: call.requestID(otherwise: newID), eventID: newID(), isReadOnly: call.operation.isReadOnly,
            recipientAccountID: owner.account)
        record.sourceAddress =
            requester.caller.flatMap { caller in
                caller.sourceAddress ?? caller.viaService.map { "\($0).amazonaws.com" }
            }
        if case .transportLayerSecurity(let version) = requester.caller?.transport {
            record.transportLayerSecurityVersion = version
        }
        record.errorCode = failure.map(Self.errorCode)
        record.errorMessage = failure?.message
        let subject = call.subject
        record.requestParameters = call.auditedParameters
        record.resources = subject.keyARNs.map(resource)
        record.additionalEventData = Self.materials(subject.materialIDs)
        return record.encoded()
    }

    /// One that opened and one that sealed, or one that did either.
    private static func materials(_ ids: [String]) -> [AuditValue.Member] {
        if ids.count == 2 {
            return [
                .init("sourceKeyMaterialId", .text(ids[0])), .init("destinationKeyMaterialId", .text(ids[1])),
            ]
        }
        return ids.prefix(1).map { .init("keyMaterialId", .text($0)) }
    }

    /// As CloudTrail writes them.
    private static func errorCode(_ failure: KeyServiceError) -> String {
        failure.code == .accessDenied ? "AccessDenied" : "\(failure.code)Exception"
    }

    private func resource(_ arn: String) -> AuditResource {
        AuditResource(arn: arn, accountID: owner.account, type: "AWS::KMS::Key")
    }

    /// A random UUID (RFC 9562, version 4).
    private func newID() -> String {
        var bytes = HostRandom(host: host).bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Hexadecimal.encode(bytes)
        var text = ""
        for (place, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(place) { text += "-" }
            text.append(digit)
        }
        return text
    }
}
