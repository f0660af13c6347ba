import StrongroomCatalog
import StrongroomSystem
import StrongroomTestSupport
import Synchronization

/// An index whose reads are counted from a moment on, and of which one is held until it is let go.
final class SteppedIndex: OrderedIndex {
    private let gate = Gate()
    private let base: any OrderedIndex
    /// How many more reads pass before the one that is held; nil for none.
    private let left = Mutex<Int?>(nil)
    private let held = Atomic(false)

    init(_ base: any OrderedIndex) { self.base = base }

    var isHeld: Bool { held.load(ordering: .sequentiallyConsistent) }

    func hold(after count: Int) {
        gate.arm()
        left.withLock { $0 = count }
    }

    /// Nobody is held, now or later.
    func letGo() {
        left.withLock { $0 = nil }
        gate.letGo()
    }

    func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        let isTheOne = left.withLock { left in
            guard let count = left else { return false }
            left = count > 0 ? count - 1 : nil
            return count == 0
        }
        if isTheOne {
            held.store(true, ordering: .sequentiallyConsistent)
            gate.pass()
        }
        return try base.read(body)
    }

    func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError) {
        try base.write(body)
    }

    func close() { base.close() }
}
