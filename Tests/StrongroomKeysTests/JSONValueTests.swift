import StrongroomKeys
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .boolean(true)), ("false", .boolean(false)),
        ("-0.5e+10", .number("-0.5e+10")),
        (#""é\n\u00e9\ud83d\ude42\/""#, .string("é\né🙂/")), ("[]", .array([])),
        ("[1, [ ]]", .array([.number("1"), .array([])])),
        ("{}", .object([:])), (#"{"a":{"b":null}}"#, .object(["a": .object(["b": .null])])),
    ])
    func valuesAreUnderstood(_ text: String, _ value: JSONValue) throws {
        #expect(try parse(text) == value)
        #expect(try JSONValue(parsing: value.encoded()) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "+1", "1.", ".5", "1e", "-", "NaN", "'a'", "\"", "\"\u{1}\"", #""\x""#, #""\u12""#,
        #""\ud83d""#, #""\ude42""#, #""\ud83dA""#, "[", "[1", "[1,]", "[,]", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
        "{1:2}", #"{"a":1,"a":2}"#, "1 2", "[] x", "\u{FEFF}{}",
    ])
    func whatIsNoValueIsRefused(_ text: String) {
        let error = #expect(throws: KeyBackendError.self) { try parse(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func depthIsLimited() throws {
        let depth = 31
        #expect(throws: Never.self) {
            try parse(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        }
        #expect(throws: KeyBackendError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    }

    @Test func bytesThatAreNotTextAreRefused() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(throws: KeyBackendError.self) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func mutationsNeverTrap() throws {
        let text = Array(#"{"operation":"rotate","keyId":"a\u00e9b","list":[1,-2.5e3,true,null,{"x":""}]}"#.utf8)
        var random = SplitMix64(state: 8)
        for _ in 0..<20_000 {
            var mutant = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                mutant[Int.random(in: 0..<mutant.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let value = try? JSONValue(parsing: mutant) {
                #expect(try JSONValue(parsing: value.encoded()) == value)
            }
        }
    }
}
