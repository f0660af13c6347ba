import StrongroomCatalog
import StrongroomSystem
import StrongroomTestSupport
import Synchronization

/// An index whose reads pass a gate, and which knows how many are under way.
final class GatedIndex: OrderedIndex {
    let gate = Gate()
    private let base: any OrderedIndex
    private let readCount = Atomic(0)

    init(_ base: any OrderedIndex) { self.base = base }

    var readsUnderWay: Int { readCount.load(ordering: .sequentiallyConsistent) }

    func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        gate.pass()
        readCount.add(1, ordering: .sequentiallyConsistent)
        defer { readCount.subtract(1, ordering: .sequentiallyConsistent) }
        return try base.read(body)
    }

    func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError) {
        try base.write(body)
    }

    func close() { base.close() }
}
