internal import Strongroom

/// Modes of object lock as S3 writes them.
enum RetentionText {
    static func mode(_ text: String) -> Retention.Mode? {
        switch text {
        case "GOVERNANCE": .governance
        case "COMPLIANCE": .compliance
        default: nil
        }
    }

    static func text(_ mode: Retention.Mode) -> String {
        switch mode {
        case .governance: "GOVERNANCE"
        case .compliance: "COMPLIANCE"
        }
    }
}
