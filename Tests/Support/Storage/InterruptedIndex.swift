package import StrongroomCatalog
package import StrongroomSystem
internal import Synchronization

/// An index whose writes fail, with nothing changed, after so many that go through.
package final class InterruptedIndex: OrderedIndex {
    private let base: MemoryIndex
    private let writesLeft: Mutex<Int>

    package init(_ base: MemoryIndex, writes: Int) {
        self.base = base
        writesLeft = Mutex(writes)
    }

    /// From now on so many go through.
    package func allow(writes: Int) { writesLeft.withLock { $0 = writes } }

    package func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        try base.read(body)
    }

    package func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError) {
        let mayWrite = writesLeft.withLock { left in
            left -= 1
            return left >= 0
        }
        guard mayWrite else { throw StorageError(.diskFull, "the disk is full; free some space and try again") }
        try base.write(body)
    }

    package func close() { base.close() }
}
