import Foundation
import StrongroomFuzzTargets
import StrongroomTestSupport
import Testing

/// Replays the committed corpora, and inputs that fuzzers once failed on, on every run: a trap here is a
/// finding that came back. See `Fuzz/`.
@Suite("Fuzz corpora")
struct CorpusTests {
    struct Target: Sendable, CustomTestStringConvertible {
        var name: String
        var run: @Sendable (RawSpan) -> Void
        var testDescription: String { name }
    }

    static let targets = [
        Target(name: "FuzzSealedStream", run: fuzzSealedStream),
        Target(name: "FuzzAuditSegment", run: fuzzAuditSegment),
        Target(name: "FuzzBlobPrelude", run: fuzzBlobPrelude),
        Target(name: "FuzzCatalogImage", run: fuzzCatalogImage),
        Target(name: "FuzzCatalogRows", run: fuzzCatalogRows),
        Target(name: "FuzzCommitFrames", run: fuzzCommitFrames),
        Target(name: "FuzzJournalFrames", run: fuzzJournalFrames),
        Target(name: "FuzzJournalSegment", run: fuzzJournalSegment),
        Target(name: "FuzzKeyStore", run: fuzzKeyStore),
        Target(name: "FuzzModuleImage", run: fuzzModuleImage),
        Target(name: "FuzzPluginAnswers", run: fuzzPluginAnswers),
        Target(name: "FuzzPolicyDocument", run: fuzzPolicyDocument),
        Target(name: "FuzzChunkedPayload", run: fuzzChunkedPayload),
        Target(name: "FuzzRequestDocument", run: fuzzRequestDocument),
        Target(name: "FuzzRequestParts", run: fuzzRequestParts),
        Target(name: "FuzzSignature", run: fuzzSignature),
        Target(name: "FuzzStoreStateful", run: fuzzStoreStateful),
        Target(name: "FuzzWrappedKeys", run: fuzzWrappedKeys),
    ]

    private static let fuzz = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz")

    @Test("every input of the corpus passes", arguments: targets)
    func corpus(target: Target) async throws {
        let folder = Self.fuzz.appending(path: "Corpus/\(target.name)")
        let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!inputs.isEmpty)
        await run(target, try inputs.map { try [UInt8](Data(contentsOf: $0)) })
    }

    @Test("so do inputs of chance, the same ones in every run", arguments: targets)
    func chance(target: Target) async {
        var generator = SplitMix64(state: 1)
        let inputs = (0..<Repetitions.some(of: 500)).map { _ in
            (0..<Int.random(in: 0...600, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        await run(target, inputs)
    }

    @Test("each target is a fuzzer's, and each fuzzer's target is here")
    func complete() throws {
        let sources = Self.fuzz.appending(path: "Sources")
        let fuzzers = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { !$0.hasPrefix(".") }
        #expect(Set(fuzzers) == Set(Self.targets.map(\.name)))
    }

    /// On a thread of its own: some targets wait for asynchronous work, which needs the threads of Swift's pool.
    private func run(_ target: Target, _ inputs: [[UInt8]]) async {
        await withCheckedContinuation { continuation in
            Thread {
                for input in inputs {
                    // Safe: a UInt8 is raw bytes.
                    target.run(unsafe input.span.bytes)
                }
                continuation.resume()
            }.start()
        }
    }
}

/// Steele, Lea and Flood, “Fast splittable pseudorandom number generators” (2014).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
