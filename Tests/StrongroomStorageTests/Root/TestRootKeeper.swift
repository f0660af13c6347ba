import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization

/// A keeper of the catalog's root for simulations: it remembers the last root, as an anchor outside the store would.
final class TestRootKeeper: CatalogRootKeeper {
    /// Who notes a root passes it.
    let gate = Gate()
    private let mark: Mutex<CatalogRootMark?>
    private let found = Mutex<CatalogRootFound?>(nil)

    /// - Parameter mark: what an anchor says; nil where there is none.
    init(_ mark: CatalogRootMark? = nil) { self.mark = Mutex(mark) }

    var lastMark: CatalogRootMark? { mark.withLock { $0 } }
    /// What the last opening found.
    var lastFound: CatalogRootFound? { found.withLock { $0 } }

    func hash(_ key: [UInt8], _ row: [UInt8]) -> RowHash {
        var hash = RowHash(1, 2, 3, 4)
        for byte in key + [0xFF] + row {
            hash =
                (hash ^ RowHash(repeating: UInt64(byte)))
                &* RowHash(0x100_0000_01b3, 0x9e37_79b9, 0xbf58_476d, 0x94d0_49bb)
            hash ^= hash &>> 29
        }
        return hash
    }

    func seal(_ record: [UInt8], for place: [UInt8]) -> [UInt8] { place + record }

    func open(_ sealed: [UInt8], for place: [UInt8]) -> CatalogRootRecord? {
        guard sealed.starts(with: place) else { return nil }
        return CatalogRootRecord(bytes: Array(sealed.dropFirst(place.count)), isCurrent: true)
    }

    var anchoredLSNs: Set<UInt64> { Set(lastMark.map { [$0.lsn] } ?? []) }

    func check(_ found: CatalogRootFound) throws(StorageError) {
        self.found.withLock { $0 = found }
        guard let mark = lastMark else { return }
        guard found.hasRoot, found.lastLSN >= mark.lsn,
            found.marks[mark.lsn].map({ $0 == mark }) ?? (mark.lsn <= found.appliedLSN || mark.lsn < found.containedLSN)
        else { throw StorageError(.rolledBack, "the anchor says \(mark.lsn), the store \(found)") }
    }

    func note(_ mark: CatalogRootMark) -> Bool {
        gate.pass()
        return self.mark.withLock { known in
            guard mark.lsn >= known?.lsn ?? 0 else { return false }
            known = mark
            return true
        }
    }

    func end() throws(StorageError) {}
}

extension StorageError.Code {
    static let rolledBack = Self("rolledBack")
}

extension RowSumDefinition {
    /// The same with an anchor of its own, as another machine has found it.
    func anchored(at mark: CatalogRootMark?) -> RowSumDefinition {
        guard root != nil else { return self }
        var copy = self
        copy.root = TestRootKeeper(mark)
        return copy
    }

    /// What its anchor says.
    var anchor: CatalogRootMark? { (root as? TestRootKeeper)?.lastMark }
}

extension TestSums {
    /// The sums, and a root.
    static func definition(_ keeper: TestRootKeeper) -> RowSumDefinition {
        var definition = definition
        definition.root = keeper
        return definition
    }
}
