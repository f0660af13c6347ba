import StrongroomKeys
import Testing

@Suite struct EncryptionContextTests {
    /// What moto did: names and values ran together, so that one context opened what another had sealed.
    @Test func whereANameEndsIsPartOfTheContext() throws {
        let contexts: [[String: String]] = [
            ["a": "bc"], ["ab": "c"], ["abc": ""], ["a": "b", "c": ""], ["a": "", "b": "c"], [:], ["a": "b c"],
        ]
        let encodings = try contexts.map { try EncryptionContext($0).canonicalBytes }
        #expect(Set(encodings).count == contexts.count)
    }

    @Test func theEncodingIsWhatTheDocumentationSays() throws {
        let context = try EncryptionContext(["b": "", "a": "é"])
        #expect(
            context.canonicalBytes == [2, 0, 0, 0, 1, 0, 0, 0, 97, 2, 0, 0, 0, 0xC3, 0xA9, 1, 0, 0, 0, 98, 0, 0, 0, 0])
    }

    @Test func orderDoesNotCount() throws {
        var random = SplitMix64(state: 3)
        for _ in 0..<200 {
            let count = Int.random(in: 0...8, using: &random)
            let pairs = (0..<count).map { index in
                (name: "\(index)" + String(UInt8.random(in: 0...9, using: &random)), value: "\(index)")
            }
            let context = try EncryptionContext(pairs)
            #expect(try EncryptionContext(pairs.shuffled(using: &random)) == context)
            let names = context.pairs.map { Array($0.name.utf8) }
            #expect(zip(names, names.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        }
    }

    /// Swift holds these two strings for equal; S3 compares bytes.
    @Test func composedAndDecomposedAreTwoContexts() throws {
        let composed = try EncryptionContext([(name: "\u{E9}", value: "1")])
        let decomposed = try EncryptionContext([(name: "e\u{301}", value: "1")])
        #expect(composed != decomposed)
        // And both names may stand in one context.
        #expect(try EncryptionContext([(name: "\u{E9}", value: "1"), (name: "e\u{301}", value: "1")]).pairs.count == 2)
    }

    @Test func whatIsNoContextIsRefused() {
        let bad: [[(name: String, value: String)]] = [
            [(name: "", value: "x")], [(name: "a", value: "1"), (name: "a", value: "1")],
            [(name: "a", value: String(repeating: "x", count: 8192))],
        ]
        for pairs in bad {
            let error = #expect(throws: KeyBackendError.self) { try EncryptionContext(pairs) }
            #expect(error?.code == .invalidRequest)
        }
        #expect(throws: Never.self) { try EncryptionContext([(name: "a", value: String(repeating: "x", count: 8191))]) }
    }
}
