/// Which operation a key allows in which state: KMS's own table, as data.
enum KeyStateTable {
    enum Verdict: Sendable {
        case allowed
        /// Refused with `Disabled`.
        case disabled
    }

    /// One column for each state.
    private static let columns: [KeyState] = [.enabled, .disabled]

    private static let rows: [KeyOperation: [Verdict]] = [
        .generateDataKey: [.allowed, .disabled],
        .decrypt: [.allowed, .disabled],
        .reEncrypt: [.allowed, .disabled],
        .createKey: [.allowed, .allowed],
        .describeKey: [.allowed, .allowed],
        .enableKey: [.allowed, .allowed],
        .disableKey: [.allowed, .allowed],
        .createAlias: [.allowed, .allowed],
        .updateAlias: [.allowed, .allowed],
        .deleteAlias: [.allowed, .allowed],
        .listAliases: [.allowed, .allowed],
        .rotateKey: [.allowed, .disabled],
        .listRotations: [.allowed, .allowed],
        .getKeyPolicy: [.allowed, .allowed],
        .putKeyPolicy: [.allowed, .allowed],
    ]

    static func verdict(_ operation: KeyOperation, _ state: KeyState) -> Verdict {
        guard let row = rows[operation], let column = columns.firstIndex(of: state) else {
            preconditionFailure("The key-state table has no cell for \(operation) of a key that is \(state).")
        }
        return row[column]
    }
}
