package import StrongroomAudit
package import StrongroomKeys

/// The audit trail of a keyring: a record is durable before anything is released that the call made which it tells of.
/// Without a log it records nothing.
package final class KeyringTrail: Sendable {
    /// Whose calls the trail tells of.
    package struct Issuer: Sendable {
        /// As records name the service, such as "kms.amazonaws.com".
        package var eventSource: String
        /// The account whose keys they are.
        package var account: String
        package var region: String

        package init(eventSource: String, account: String, region: String) {
            self.eventSource = eventSource
            self.account = account
            self.region = region
        }
    }

    package let issuer: Issuer
    let host: any KeyBackendHost
    private let log: AuditLog?

    init(_ log: AuditLog?, _ issuer: Issuer, _ host: any KeyBackendHost) {
        self.log = log
        self.issuer = issuer
        self.host = host
    }

    /// Nil where nothing is recorded.
    package var status: AuditLog.Status? { log?.status }

    /// Returns once the record is durable. Fails where that is not known: then nothing may be released.
    package func append(_ record: @autoclosure () -> AuditRecord) async throws(KeyBackendError) {
        guard let log else { return }
        do throws(AuditError) {
            _ = try await log.append(record().encoded())
        } catch {
            throw KeyBackendError(error)
        }
    }

    /// The same on a thread that may block.
    package func appendBlocking(_ record: @autoclosure () -> AuditRecord) throws(KeyBackendError) {
        guard let log else { return }
        do throws(AuditError) {
            _ = try log.appendBlocking(record().encoded())
        } catch {
            throw KeyBackendError(error)
        }
    }

    /// Signs the trail as it is; nil where nothing is recorded.
    package func checkpoint() async throws(KeyBackendError) -> String? {
        guard let log else { return nil }
        do throws(AuditError) {
            return try await log.checkpoint().note
        } catch {
            throw KeyBackendError(error)
        }
    }

    /// Signs what there is, and lets others have the trail. Nothing can be recorded afterwards.
    package func close() async {
        do throws(AuditError) {
            try await log?.close()
        } catch {
            notSigned(error)
        }
    }

    /// The same on a thread that may block.
    package func closeBlocking() {
        do throws(AuditError) {
            try log?.closeBlocking()
        } catch {
            notSigned(error)
        }
    }

    private func notSigned(_ error: AuditError) {
        host.log(.error, "The audit trail could not be signed at its end: \(error)")
    }
}
