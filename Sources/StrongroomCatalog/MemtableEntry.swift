/// What a memtable says of a key: its row, or that an older row further down is gone.
package enum MemtableEntry<Value: Sendable>: Sendable {
    case put(Value)
    case deleted
}

extension MemtableEntry: Equatable where Value: Equatable {}
