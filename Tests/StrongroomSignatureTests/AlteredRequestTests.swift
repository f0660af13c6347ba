import Testing

@testable import StrongroomSignature

/// Requests of chance, signed, sent as some client may send them, and altered in one place.
///
/// Attack 27.
@Suite("Altered requests")
struct AlteredRequestTests {
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// As it goes over the wire.
    struct Wire {
        var method: String
        var path: String
        var query: String
        var headers: [(name: String, value: String)]

        func check(_ signer: RequestSigner) -> SignatureError.Code? {
            refusal {
                let request = try IncomingRequest(method: method, rawPath: path, rawQuery: query, headers: headers)
                guard try signer.check(request) != nil else { throw Anonymous() }
            }
        }

        struct Anonymous: Error {}
    }

    private static func text(_ random: inout SplitMix64) -> String {
        let letters = Array("aZ09-._~ /+%&=?#;:,'\"<>\u{0}\u{1F}\u{7F}\u{E9}e\u{301}\u{20AC}\u{1F512}")
        return String((0..<Int.random(in: 0...8, using: &random)).map { _ in letters.randomElement(using: &random)! })
    }

    /// Encoded in one of the ways that mean the same.
    private static func encoded(_ text: String, _ random: inout SplitMix64) -> String {
        let digits = Array("0123456789abcdef")
        return text.utf8.map { byte in
            let letter = String(decoding: [byte], as: UTF8.self)
            if URIEncoding.encode(letter) == letter, Bool.random(using: &random) { return letter }
            let escape = "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            return Bool.random(using: &random) ? escape : escape.uppercased()
        }.joined()
    }

    private static func wire(_ random: inout SplitMix64, isPresigned: Bool, _ signer: RequestSigner) throws -> Wire {
        let method = ["GET", "PUT", "POST", "DELETE", "HEAD"].randomElement(using: &random)!
        let path = "/" + (0..<3).map { _ in encoded(text(&random), &random) }.joined(separator: "/")
        let query = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            "q\(encoded(text(&random), &random))=\(encoded(text(&random), &random))"
        }.joined(separator: "&")
        let host = (name: "Host", value: "bucket.example.com")
        let headers = [
            host, ("X-Amz-Meta-A", " a   b "), ("x-amz-meta-c", "1"), ("x-amz-meta-c", "2"), ("content-md5", "x"),
        ]
        guard isPresigned else {
            let request = try signer.signed(method, path, query: query, headers, hash: emptyHash)
            return Wire(method: method, path: path, query: query, headers: request.headers)
        }
        return Wire(
            method: method, path: path,
            query: try signer.presignedQuery(method, path, query: query, headers), headers: headers)
    }

    /// What an attacker may do to any request.
    private static let alterations: [@Sendable (inout Wire) -> Void] = [
        { $0.method = $0.method == "GET" ? "PUT" : "GET" },
        { $0.method = $0.method.lowercased() },
        { $0.path += "x" },
        { $0.path += "/" },
        { $0.path = "/" + $0.path },
        { $0.path += "%2500" },
        { $0.query += "&versionId=1" },
        { $0.query += "&acl" },
        { $0.query = "x=&" + $0.query },
        { $0.headers.append(("x-amz-acl", "public-read")) },
        { $0.headers.append(("X-Amz-Server-Side-Encryption-Customer-Key", "AAAA")) },
        { $0.headers.append(("x-amz-security-token", "t")) },
        { $0.headers.append(("Content-MD5", "y")) },
        { $0.headers.append(("authorization", "AWS4-HMAC-SHA256 Credential=")) },
        { wire in wire.headers.swapAt(2, 3) },
        { wire in wire.headers[1].value = "a bb" },
    ]

    @Test(
        "are refused, whatever was altered, wherever the signature stands", arguments: [false, true], [UInt64(7), 8, 9])
    func altered(isPresigned: Bool, seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        let signer = RequestSigner()
        for _ in 0..<40 {
            let good = try Self.wire(&random, isPresigned: isPresigned, signer)
            #expect(good.check(signer) == nil, "seed \(seed): \(good)")
            for (index, alter) in Self.alterations.enumerated() {
                var other = good
                alter(&other)
                #expect(other.check(signer) != nil, "seed \(seed), alteration \(index): \(other)")
            }
            for index in good.headers.indices {
                var other = good
                other.headers.remove(at: index)
                let isAnonymous = good.headers[index].name == "authorization"
                #expect(isAnonymous || other.check(signer) != nil, "seed \(seed), without header \(index)")
                other = good
                other.headers[index].value += "x"
                #expect(other.check(signer) != nil, "seed \(seed), header \(index)")
                other = good
                other.headers.append(good.headers[index])
                #expect(other.check(signer) != nil, "seed \(seed), header \(index) twice")
            }
            for (index, item) in good.query.split(separator: "&").enumerated() {
                var items = good.query.split(separator: "&").map(String.init)
                items.remove(at: index)
                var other = good
                other.query = items.joined(separator: "&")
                #expect(other.check(signer) != nil, "seed \(seed), without \(item)")
                other.query = good.query + "&" + item
                #expect(other.check(signer) != nil, "seed \(seed), \(item) twice")
                other.query = good.query.replacing(item, with: item + "0")
                #expect(other.check(signer) != nil, "seed \(seed), \(item) altered")
            }
        }
    }

    /// The parts of the credentials, each of which is in the string to sign or chooses the key.
    @Test("are refused with any character of the header Authorization altered")
    func alteredAuthorization() throws {
        let signer = RequestSigner()
        var random = SplitMix64(state: 1)
        let good = try Self.wire(&random, isPresigned: false, signer)
        let index = try #require(good.headers.firstIndex { $0.name == "authorization" })
        let value = Array(good.headers[index].value)
        // Who asks is found by the access key's id, here always the same one.
        let id = try #require(good.headers[index].value.firstRange(of: RequestSigner.accessKeyID))
        let start = good.headers[index].value.distance(from: good.headers[index].value.startIndex, to: id.lowerBound)
        for place in value.indices where !(start..<start + RequestSigner.accessKeyID.count).contains(place) {
            for letter in ["0", "x", ";", " ", "/"] as [Character] where value[place] != letter {
                var other = good
                var altered = value
                altered[place] = letter
                other.headers[index].value = String(altered)
                #expect(other.check(signer) != nil, "\(String(altered))")
            }
        }
    }

    @Test("are not those that say the same in another encoding, order of parameters, or case of header names")
    func equivalents() throws {
        var random = SplitMix64(state: 3)
        let signer = RequestSigner()
        for _ in 0..<40 {
            let good = try Self.wire(&random, isPresigned: Bool.random(using: &random), signer)
            var other = good
            other.query = good.query.split(separator: "&").shuffled(using: &random).joined(separator: "&")
            other.headers = good.headers.map { ($0.name.uppercased(), "  " + $0.value + "  ") }
            if let index = other.headers.firstIndex(where: { $0.name == "AUTHORIZATION" }) {
                other.headers[index].value = good.headers[index].value
            }
            other.headers.append(("User-Agent", "x"))
            other.headers.append(("x-amzn-trace-id", "x"))
            if let index = other.headers.firstIndex(where: { $0.name == "X-AMZ-DATE" }) {
                other.headers[index].value = good.headers[index].value
            }
            if let index = other.headers.firstIndex(where: { $0.name == "X-AMZ-CONTENT-SHA256" }) {
                other.headers[index].value = good.headers[index].value
            }
            #expect(other.check(signer) == nil, "\(other)")
        }
    }
}
