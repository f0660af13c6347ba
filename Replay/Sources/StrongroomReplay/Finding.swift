/// A state that was not survived as it should be.
struct Finding: Error, CustomStringConvertible {
    enum Kind: String, CaseIterable, Sendable {
        /// What was acknowledged is not there.
        case lost
        /// What is there is no prefix of the commits, or was never asked for.
        case invented
        /// The store does not open.
        case refused
        /// Something does not read, or two ways to read it differ.
        case damaged
        /// It opens a second time, and is not the same.
        case unstable
    }

    let kind: Kind
    let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = "\(kind.rawValue): \(description)"
    }

    init?(_ verdict: History.Verdict) {
        switch verdict {
        case .whole: return nil
        case .lost(let what): self.init(.lost, what)
        case .invented(let what): self.init(.invented, what)
        }
    }
}
