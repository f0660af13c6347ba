import StrongroomFuzzTargets
import Testing

/// What the benchmark measures must be policies, and none that is decided on early because it allows.
@Suite("Hostile policies") struct PolicyBenchmarkTests {
    @Test("are read and decided on", arguments: _PolicyBenchmark.kinds)
    func decided(kind: String) {
        let document = _PolicyBenchmark.document(kind)
        #expect(!_PolicyBenchmark.parseAndDecide(document))
        #expect(kind == "variables" || document.count > 24_000)
    }
}
