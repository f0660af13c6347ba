/// Whether something holds. `unknown` where a request's value cannot be read as what the policy compares it with;
/// then a statement that allows does not apply, and one that denies does.
enum Truth: Int, Comparable {
    case no
    case unknown
    case yes

    init(_ value: Bool) { self = value ? .yes : .no }

    static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }

    /// Kleene's logic: and is the lesser, or is the greater, not turns around the middle.
    static prefix func ! (value: Truth) -> Truth {
        switch value {
        case .no: .yes
        case .unknown: .unknown
        case .yes: .no
        }
    }

    static func all(_ values: some Sequence<Truth>) -> Truth { values.min() ?? .yes }
    static func any(_ values: some Sequence<Truth>) -> Truth { values.max() ?? .no }
}
