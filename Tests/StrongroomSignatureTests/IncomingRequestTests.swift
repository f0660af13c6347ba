import Testing

@testable import StrongroomSignature

@Suite("Requests that come")
struct IncomingRequestTests {
    private func request(_ path: String, _ query: String = "") throws -> IncomingRequest {
        try IncomingRequest(method: "GET", rawPath: path, rawQuery: query, headers: [])
    }

    @Test("have paths and queries that are decoded once")
    func once() throws {
        #expect(try request("/a%252Fb+c%2F%00%C3%BC").path == "/a%2Fb+c/\u{0}ü")
        #expect(try request("//a/../b/.//").path == "//a/../b/.//")
        let query = try request("/", "a=%252F+b&c&&=d&a=b=c&%2B=%26").query
        #expect(query.map(\.name) == ["a", "c", "", "a", "+"])
        #expect(query.map(\.value) == ["%2F b", "", "d", "b=c", "&"])
    }

    /// Overlong forms and surrogates are no UTF-8, and a reader who takes them for a slash sees another key.
    @Test(
        "are refused where an escape or the text behind it is broken",
        arguments: [
            "%", "%4", "%zz", "% 1", "%+1", "%%41", "%C0%AF", "%C0%80", "%E0%80%AF", "%ED%A0%80", "%F4%90%80%80", "%FF",
            "%C3", "ü", " ", "\t", "\u{7F}", "a\r\nb",
        ])
    func broken(_ text: String) {
        #expect(refusal { _ = try request("/" + text) } == .invalidURI)
        #expect(refusal { _ = try request("/", text) } == .invalidURI)
        #expect(refusal { _ = try request("/", "a=" + text) } == .invalidURI)
    }

    @Test("have a path that begins with a slash", arguments: ["", "*", "a", "http://host/a", "%2Fa"])
    func slash(_ path: String) {
        #expect(refusal { _ = try request(path) } == .invalidURI)
    }

    /// Texts that Swift takes for equal are two keys, and are signed as two.
    @Test("keep letters as they were written")
    func normalization() throws {
        let (composed, decomposed) = (try request("/%C3%A9"), try request("/e%CC%81"))
        #expect(!composed.path.utf8.elementsEqual(decomposed.path.utf8))
        #expect(URIEncoding.encode(decomposed.path, keepsSlash: true) == "/e%CC%81")
    }
}
