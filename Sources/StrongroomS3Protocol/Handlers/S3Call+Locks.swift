internal import Strongroom

extension S3Call {
    /// GetObjectRetention.
    func getObjectRetention() async throws(S3Error) -> S3Answer {
        let info = try await lockedObject()
        guard let retention = info.retention else { throw Self.noLock }
        return try answer(
            .root(
                "Retention",
                [
                    DocumentElement("Mode", text: RetentionText.text(retention.mode)),
                    DocumentElement("RetainUntilDate", text: TimeText.document(retention.until)),
                ]))
    }

    /// PutObjectRetention.
    func putObjectRetention() async throws(S3Error) -> S3Answer {
        let root = try await document(root: "Retention")
        try root.check(known: ["Mode", "RetainUntilDate"])
        let retention = try Self.retention(root)
        try checkLocking(
            "PutObjectRetention", mode: try root.text(of: "Mode"), until: try root.text(of: "RetainUntilDate"))
        let bypasses = try bypassesGovernance()
        if bypasses { try check(object: "BypassGovernanceRetention") }
        let (bucket, key, version) = (try bucket(), try key(), try version())
        _ = try await locking { () async throws(StoreError) in
            try await bucket.setRetention(retention, of: key, version: version, bypassingGovernance: bypasses)
        }
        return S3Answer(200)
    }

    /// GetObjectLegalHold.
    func getObjectLegalHold() async throws(S3Error) -> S3Answer {
        let info = try await lockedObject()
        return try answer(
            .root("LegalHold", [DocumentElement("Status", text: info.legalHold ? "ON" : "OFF")]))
    }

    /// PutObjectLegalHold.
    func putObjectLegalHold() async throws(S3Error) -> S3Answer {
        let root = try await document(root: "LegalHold")
        try root.check(known: ["Status"])
        let status = try root.required("Status").trimmingWhitespace
        guard ["ON", "OFF"].contains(status) else { throw .malformedXML("Status is ON or OFF.") }
        try checkLocking("PutObjectLegalHold", legalHold: status)
        let isOn = status == "ON"
        let (bucket, key, version) = (try bucket(), try key(), try version())
        _ = try await locking { () async throws(StoreError) in
            try await bucket.setLegalHold(isOn, of: key, version: version)
        }
        return S3Answer(200)
    }

    /// GetObjectLockConfiguration.
    func getObjectLockConfiguration() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        let info = try await asking { () async throws(StoreError) in try await bucket.info() }
        guard info.objectLock else {
            throw S3Error(
                404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
        }
        return try answer(
            .root(
                "ObjectLockConfiguration",
                [DocumentElement("ObjectLockEnabled", text: "Enabled"), info.defaultRetention.map(Self.rule)]))
    }

    /// PutObjectLockConfiguration.
    func putObjectLockConfiguration() async throws(S3Error) -> S3Answer {
        let root = try await document(root: "ObjectLockConfiguration")
        try root.check(known: ["ObjectLockEnabled", "Rule"])
        guard try root.required("ObjectLockEnabled").trimmingWhitespace == "Enabled" else {
            throw .malformedXML("ObjectLockEnabled is Enabled.")
        }
        let retention = try root.child("Rule").map { rule throws(S3Error) in try Self.defaultRetention(rule) }
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in
            if try await !bucket.info().objectLock { try await bucket.enableObjectLock() }
            return try await bucket.setDefaultRetention(retention)
        }
        return S3Answer(200)
    }

    // MARK: -

    static let protected = S3Error.accessDenied("Access Denied because object protected by object lock.")

    static let noLock = S3Error(
        404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")

    /// Asks for a permission that what the document says may decide on.
    private func checkLocking(
        _ action: String, mode: String? = nil, until: String? = nil, legalHold: String? = nil
    ) throws(S3Error) {
        func list(_ text: String?) -> [String] { text.map { [$0] } ?? [] }
        try check(
            .object(action, target.bucket ?? "", target.key ?? ""),
            more: RequestConditions.lock(
                mode: list(mode), until: list(until), legalHold: list(legalHold), nowMilliseconds))
    }

    private func lockedObject() async throws(S3Error) -> (retention: Retention?, legalHold: Bool) {
        let (bucket, key, version) = (try bucket(), try key(), try version())
        return try await locking { () async throws(StoreError) in try await bucket.lock(of: key, version: version) }
    }

    func locking<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(S3Error) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            switch error.code {
            case .accessDenied: throw Self.protected
            default: throw refusal(error)
            }
        }
    }

    /// An empty document takes a retention away.
    private static func retention(_ root: DocumentElement) throws(S3Error) -> Retention? {
        let mode = try root.text(of: "Mode")
        let date = try root.text(of: "RetainUntilDate")
        if mode == nil, date == nil { return nil }
        guard let mode = mode.flatMap(RetentionText.mode), let until = date.flatMap(TimeText.date(iso8601:)) else {
            throw .malformedXML("Mode is GOVERNANCE or COMPLIANCE, RetainUntilDate a date of ISO 8601.")
        }
        return Retention(mode: mode, until: until)
    }

    private static func rule(_ retention: DefaultRetention) -> DocumentElement {
        let period =
            switch retention.period {
            case .days(let count): DocumentElement("Days", text: String(count))
            case .years(let count): DocumentElement("Years", text: String(count))
            }
        return DocumentElement(
            "Rule",
            [
                DocumentElement(
                    "DefaultRetention", [DocumentElement("Mode", text: RetentionText.text(retention.mode)), period])
            ])
    }

    private static func defaultRetention(_ rule: DocumentElement) throws(S3Error) -> DefaultRetention {
        try rule.check(known: ["DefaultRetention"])
        guard let element = try rule.child("DefaultRetention") else {
            throw .malformedXML("Rule has no DefaultRetention.")
        }
        try element.check(known: ["Mode", "Days", "Years"])
        guard let mode = RetentionText.mode(try element.required("Mode")) else {
            throw .malformedXML("Mode is GOVERNANCE or COMPLIANCE.")
        }
        switch (try element.number("Days"), try element.number("Years")) {
        case (let days?, nil):
            let count = try length(days, in: DefaultRetention.dayCountMaximum)
            return DefaultRetention(mode: mode, period: .days(count))
        case (nil, let years?):
            let count = try length(years, in: DefaultRetention.yearCountMaximum)
            return DefaultRetention(mode: mode, period: .years(count))
        default: throw .malformedXML("DefaultRetention has either Days or Years.")
        }
    }

    /// Before anything is done: a lock that is switched on cannot be taken back.
    private static func length(_ count: Int, in maximum: Int) throws(S3Error) -> Int {
        guard count > 0 else {
            throw S3Error(400, "InvalidRetentionPeriod", "Default retention period must be a positive integer value.")
        }
        guard count <= maximum else {
            throw S3Error(
                400, "InvalidRetentionPeriod", "Default retention period is too large; \(maximum) is the most.")
        }
        return count
    }
}
