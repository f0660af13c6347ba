import StrongroomTestSupport
import Testing

@Suite("Store model")
struct StoreModelTests {
    /// A put failed as the next segment could not be prepared, compaction's commits took its position, and the marathon
    /// missed a key that nobody had been promised.
    @Test("a commit that failed is not expected of whoever has its position now")
    func withdrawn() throws {
        let model = StoreModel()
        let row = StoreModel.Row(value: [1], payload: nil)
        let kept = model.issue([.put(key: [1], row: row)], at: 1)
        let failed = model.issue([.put(key: [2], row: row)], at: 2)
        model.withdraw(failed)
        #expect(try model.copy().recover(at: 2).get() == [[1]: row])

        // A later commit has the position: the one that failed says so late.
        let later = model.issue([.put(key: [3], row: row)], at: 2)
        model.withdraw(failed)
        #expect(Set([kept, failed, later]).count == 3)
        #expect(try model.recover(at: 2).get() == [[1]: row, [3]: row])
    }
}
