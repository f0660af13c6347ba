internal import StrongroomAudit
internal import StrongroomKeyTrail
internal import StrongroomKeys

/// The service's audit trail: each call leaves a record, which is durable before anything that the call made is
/// released.
struct KeyTrail: Sendable {
    static let eventSource = "kms.amazonaws.com"

    private let trail: KeyringTrail

    init(_ trail: KeyringTrail) { self.trail = trail }

    /// Nil where the trail is off.
    var status: AuditLog.Status? { trail.status }

    /// Returns once the record is durable. Fails where that is not known: then nothing may be released.
    func record(_ call: KeyCall, failure: KeyServiceError? = nil) async throws(KeyServiceError) {
        do throws(KeyBackendError) {
            try await trail.append(record(of: call, failure))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// The same on a thread that may block.
    func recordBlocking(_ call: KeyCall) throws(KeyServiceError) {
        do throws(KeyBackendError) {
            try trail.appendBlocking(record(of: call, nil))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// What the service does by itself with a key, or the application with the keyring (no key): for `record`.
    func event(_ name: String, of keyARN: String?) -> ServiceEvent {
        ServiceEvent(name: name, keyARN: keyARN, requestID: trail.newID())
    }

    /// On a thread that may block, before it happens.
    func recordBlocking(_ event: ServiceEvent) throws(KeyServiceError) {
        do throws(KeyBackendError) {
            try trail.appendBlocking(record(of: event, nil))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// That it has not happened after all.
    func record(_ event: ServiceEvent, failure: KeyServiceError) async throws(KeyServiceError) {
        do throws(KeyBackendError) {
            try await trail.append(record(of: event, failure))
        } catch {
            throw KeyServiceError(error)
        }
    }

    func checkpoint() async throws(KeyServiceError) -> String? {
        do throws(KeyBackendError) {
            return try await trail.checkpoint()
        } catch {
            throw KeyServiceError(error)
        }
    }

    func close() async { await trail.close() }

    // MARK: - Records

    private func record(of event: ServiceEvent, _ failure: KeyServiceError?) -> AuditRecord {
        var record = trail.record(
            ofEvent: event.name, requestID: event.requestID, happensByItself: event.keyARN != nil)
        record.resources = event.keyARN.map { [resource($0)] } ?? []
        return record.failed(failure)
    }

    private func record(of call: KeyCall, _ failure: KeyServiceError?) -> AuditRecord {
        var record = trail.record(
            ofCall: call.operation.description, by: call.requester.caller,
            requestID: call.requestID(otherwise: trail.newID), isReadOnly: call.operation.isReadOnly)
        let subject = call.subject
        record.requestParameters = call.auditedParameters
        record.resources = subject.keyARNs.map(resource)
        record.additionalEventData = Self.materials(subject.materialIDs)
        return record.failed(failure)
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

    private func resource(_ arn: String) -> AuditResource {
        AuditResource(arn: arn, accountID: trail.issuer.account, type: "AWS::KMS::Key")
    }
}

extension AuditRecord {
    /// The record of a call that failed; the same where there is no failure.
    fileprivate func failed(_ failure: KeyServiceError?) -> AuditRecord {
        var record = self
        record.errorCode = failure.map { failure in
            // As CloudTrail writes them.
            failure.code == .accessDenied ? "AccessDenied" : "\(failure.code)Exception"
        }
        record.errorMessage = failure?.message
        return record
    }
}
