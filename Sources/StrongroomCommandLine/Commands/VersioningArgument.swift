#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// `bucket versioning --set`. What a bucket was before anybody asked cannot be asked for.
enum VersioningArgument: String, ExpressibleByArgument, CaseIterable {
    case enabled
    case suspended

    var asVersioning: Versioning {
        switch self {
        case .enabled: .enabled
        case .suspended: .suspended
        }
    }
}

extension Versioning {
    /// As `--json` says it.
    var word: String {
        switch self {
        case .unversioned: "unversioned"
        case .enabled: VersioningArgument.enabled.rawValue
        case .suspended: VersioningArgument.suspended.rawValue
        }
    }
}
#endif
