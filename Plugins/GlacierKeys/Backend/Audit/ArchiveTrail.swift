internal import StrongroomAudit
internal import StrongroomKeyTrail
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// The audit trail of the archive keys: each call leaves a record, which is durable before anything that the call made
/// is released.
struct ArchiveTrail: Sendable {
    private static let eventSource = "archive.strongroom"
    /// An archive is in no region and of no account but the process's own.
    private static let region = "local"
    private static let account = "000000000000"

    private let trail: KeyringTrail
    private let keyARN: String

    /// Opens the trail of a keyring, or makes it. Blocks.
    init(
        of keyring: ArchiveKeyring, _ configuration: borrowing KeyBackendConfiguration,
        _ host: any KeyBackendHost, _ disk: any FileSystem
    ) throws(KeyBackendError) {
        let id = Hexadecimal.encode(keyring.keyringID)
        keyARN = "arn:strongroom:archive:\(Self.region):\(Self.account):key/\(id)"
        trail = try KeyringTrail.open(
            try KeyringAudit(configuration.settings),
            beside: try OpenedKeyring<ArchiveKeyring>.path(of: configuration).appending(GlacierKeys.folderName),
            isNew: configuration.creates,
            origin: "strongroom.audit/archive/\(id)",
            KeyringTrail.Issuer(eventSource: Self.eventSource, account: Self.account, region: Self.region), host, disk
        ) { () throws(KeyBackendError) in try keyring.auditSeed() }
    }

    /// Nil where the trail is off.
    var status: AuditLog.Status? { trail.status }

    /// Returns once the record is durable. Fails where that is not known: then nothing may be released.
    func record(_ call: ArchiveCall, failure: KeyBackendError? = nil) async throws(KeyBackendError) {
        try await trail.append(record(of: call, failure))
    }

    /// The same on a thread that may block.
    func recordBlocking(_ call: ArchiveCall, failure: KeyBackendError? = nil) throws(KeyBackendError) {
        try trail.appendBlocking(record(of: call, failure))
    }

    func checkpoint() async throws(KeyBackendError) -> String? { try await trail.checkpoint() }

    func close() async { await trail.close() }

    /// On a thread that may block.
    func closeBlocking() { trail.closeBlocking() }

    // MARK: - Records

    private func record(of call: ArchiveCall, _ failure: KeyBackendError?) -> AuditRecord {
        let requestID = call.requestID(otherwise: trail.newID)
        var record =
            call.operation == .replaceRootKey
            ? trail.record(ofEvent: call.operation.rawValue, requestID: requestID, happensByItself: false)
            : trail.record(
                ofCall: call.operation.rawValue, by: call.context.caller, requestID: requestID,
                isReadOnly: call.operation.isReadOnly)
        let subject = call.subject
        record.requestParameters = subject.parameters
        record.responseElements = failure == nil ? subject.response : []
        record.additionalEventData = Self.epochs(subject) + Self.dependencies(subject)
        record.resources = [AuditResource(arn: keyARN, accountID: Self.account, type: "Strongroom::Archive::Key")]
        record.errorCode = failure.map { Self.errorCode($0.code) }
        record.errorMessage = failure?.message
        return record
    }

    /// One that opened and one that sealed, or one that did either.
    private static func epochs(_ subject: ArchiveCall.Subject) -> [AuditValue.Member] {
        if let source = subject.openingEpoch, let destination = subject.sealingEpoch {
            return [.init("sourceEpoch", integer(source)), .init("destinationEpoch", integer(destination))]
        }
        return (subject.openingEpoch ?? subject.sealingEpoch).map { [.init("epoch", integer($0))] } ?? []
    }

    /// How much hung on an epoch when it was asked to be destroyed.
    private static func dependencies(_ subject: ArchiveCall.Subject) -> [AuditValue.Member] {
        guard let found = subject.dependencies else { return [] }
        let members: [AuditValue.Member] = [
            .init("isKnown", .boolean(found.isKnown)), .init("storeCount", .integer(Int64(found.storeCount))),
            .init("objectCount", integer(found.objectCount)), .init("uploadCount", integer(found.uploadCount)),
            .init("bytes", integer(found.bytes)), .init("lockedCount", integer(found.lockedCount)),
        ]
        return [.init("dependencies", .members(members))]
    }

    private static func integer(_ value: some FixedWidthInteger) -> AuditValue { .integer(Int64(clamping: value)) }

    /// As CloudTrail writes them: `KeyNotFoundException`.
    private static func errorCode(_ code: KeyBackendError.Code) -> String {
        let name = code.description
        return name.prefix(1).uppercased() + name.dropFirst() + "Exception"
    }
}
