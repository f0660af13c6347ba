#if CommandLineTool
internal import Synchronization

/// Is set once, and seen by all who hold it.
final class OnceFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    /// - Returns: whether it was not set before.
    func set() -> Bool { !value.exchange(true, ordering: .relaxed) }
}
#endif
