#if CommandLineTool
internal import Strongroom

// What `--json` prints of object lock: the AWS API's names in lower camel case.

/// A line of `retention`; without mode and moment where there is none.
struct RetentionRecord: Codable, Equatable {
    var key: String
    var versionId: String
    var mode: String?
    var retainUntilDate: String?

    init(_ info: ObjectInfo) {
        key = info.key.rawValue
        versionId = info.versionID.description
        mode = info.retention.map { RetentionModeArgument($0.mode).rawValue }
        retainUntilDate = info.retention.map { MomentArgument($0.until).text }
    }

    var text: String {
        guard let mode, let retainUntilDate else { return "no retention" }
        return "\(mode) until \(retainUntilDate)"
    }
}

/// A line of `legal-hold`.
struct LegalHoldRecord: Codable, Equatable {
    var key: String
    var versionId: String
    /// `ON` or `OFF`.
    var status: String

    init(_ info: ObjectInfo) {
        key = info.key.rawValue
        versionId = info.versionID.description
        status = info.legalHold ? "ON" : "OFF"
    }
}

/// What a bucket retains new objects to whose puts say nothing; either days or years.
struct DefaultRetentionRecord: Codable, Equatable {
    var mode: String
    var days: Int?
    var years: Int?

    init(_ retention: DefaultRetention) {
        mode = RetentionModeArgument(retention.mode).rawValue
        switch retention.period {
        case .days(let count): days = count
        case .years(let count): years = count
        }
    }

    var text: String { "\(mode) for \(days.map { "\($0) days" } ?? "\(years ?? 0) years")" }
}
#endif
