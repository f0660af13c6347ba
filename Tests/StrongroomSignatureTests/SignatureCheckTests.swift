import StrongroomCrypto
import Testing

@testable import StrongroomSignature

/// Attacks 27 and 30.
@Suite("Signatures that come")
struct SignatureCheckTests {
    private static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    private static let host = (name: "host", value: "examplebucket.s3.amazonaws.com")
    private let signer = RequestSigner()

    // Amazon S3 API Reference, "Examples: signature calculations".
    @Test("of Amazon's examples are the ones that it shows")
    func examples() throws {
        let get = try signer.signed(
            "GET", "/test.txt", [Self.host, ("range", "bytes=0-9")], hash: Self.emptyHash)
        #expect(
            try signer.check(get)?.signature == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        let put = try signer.signed(
            "PUT", "/test%24file.text",
            [Self.host, ("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            hash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
        #expect(
            try signer.check(put)?.signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        let list = try signer.signed("GET", "/", query: "max-keys=2&prefix=J", [Self.host], hash: Self.emptyHash)
        #expect(
            try signer.check(list)?.signature == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
        let lifecycle = try signer.signed("GET", "/", query: "lifecycle", [Self.host], hash: Self.emptyHash)
        #expect(
            try signer.check(lifecycle)?.signature
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    private static let presignedQuery =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        + "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        + "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"

    private func presigned(
        _ query: String = presignedQuery, method: String = "GET", path: String = "/test.txt",
        headers: [(name: String, value: String)] = [host]
    ) throws -> IncomingRequest {
        try IncomingRequest(method: method, rawPath: path, rawQuery: query, headers: headers)
    }

    @Test("in the query, as Amazon's example has one, are good until they expire")
    func presigned() throws {
        #expect(try signer.check(try presigned())?.isPresigned == true)
        #expect(try signer.check(try presigned(), afterMilliseconds: 86_400_000) != nil)
        #expect(refusal { _ = try signer.check(try presigned(), afterMilliseconds: 86_401_000) } == .expired)
        #expect(refusal { _ = try signer.check(try presigned(), afterMilliseconds: -15 * 60_000 - 1) } == .expired)
    }

    @Test("in the query are refused with anything altered, added, twice or left out")
    func alteredURL() throws {
        #expect(refusal { _ = try signer.check(try presigned(method: "PUT")) } == .mismatch)
        #expect(refusal { _ = try signer.check(try presigned(path: "/Test.txt")) } == .mismatch)
        #expect(
            refusal { _ = try signer.check(try presigned(headers: [("host", "other.s3.amazonaws.com")])) } == .mismatch)
        #expect(refusal { _ = try signer.check(try presigned(Self.presignedQuery + "&versionId=1")) } == .mismatch)
        let key = ("x-amz-server-side-encryption-customer-key", "AAAA")
        #expect(refusal { _ = try signer.check(try presigned(headers: [Self.host, key])) } == .unsignedHeader)
        for parameter in Self.presignedQuery.split(separator: "&") {
            let without = Self.presignedQuery.split(separator: "&").filter { $0 != parameter }.joined(separator: "&")
            #expect(refusal { _ = try signer.check(try presigned(without)) } == .malformedQuery)
            #expect(
                refusal { _ = try signer.check(try presigned(Self.presignedQuery + "&" + parameter)) }
                    == .malformedQuery)
        }
        for seconds in ["0", "-1", "604801", "x", "99999999999999999999"] {
            let query = Self.presignedQuery.replacing("Expires=86400", with: "Expires=\(seconds)")
            #expect(refusal { _ = try signer.check(try presigned(query)) } == .malformedQuery)
        }
    }

    @Test("are refused with anything altered")
    func altered() throws {
        let hash = Self.emptyHash
        let good = try signer.signed(
            "GET", "/a%20b", query: "x=1&y=%2F", [Self.host, ("x-amz-meta-a", "1")], hash: hash)
        _ = try #require(try signer.check(good))
        func altered(
            method: String = "GET", path: String = "/a%20b", query: String = "x=1&y=%2F",
            _ change: (inout [(name: String, value: String)]) -> Void = { _ in }
        ) throws -> IncomingRequest {
            var headers = good.headers
            change(&headers)
            return try IncomingRequest(method: method, rawPath: path, rawQuery: query, headers: headers)
        }
        func check(_ request: IncomingRequest) -> SignatureError.Code? { refusal { _ = try signer.check(request) } }
        #expect(check(try altered(method: "HEAD")) == .mismatch)
        #expect(check(try altered(path: "/a%20c")) == .mismatch)
        #expect(check(try altered(path: "//a%20b")) == .mismatch)
        #expect(check(try altered(query: "x=1")) == .mismatch)
        #expect(check(try altered(query: "x=1&y=%2F&y=%2F")) == .mismatch)
        for index in good.headers.indices where good.headers[index].name != "authorization" {
            let name = good.headers[index].name
            #expect(check(try altered { $0[index].value += "1" }) != nil, "\(name)")
            #expect(check(try altered { $0.append((name, "2")) }) != nil, "\(name) twice")
            #expect(check(try altered { $0.remove(at: index) }) != nil, "no \(name)")
        }
        #expect(check(try altered { $0.append(("x-amz-acl", "private")) }) == .unsignedHeader)
        #expect(check(try altered { $0.append(("content-md5", "x")) }) == .unsignedHeader)
        #expect(check(try altered { $0.append(("user-agent", "x")) }) == nil)
    }

    @Test("are good for 15 minutes, in one region and for one service")
    func terms() throws {
        let request = try signer.signed("GET", "/", [Self.host], hash: Self.emptyHash)
        let limit = SignatureCheck.skewMilliseconds
        #expect(refusal { _ = try signer.check(request, afterMilliseconds: limit) } == nil)
        #expect(refusal { _ = try signer.check(request, afterMilliseconds: limit + 1) } == .skewed)
        #expect(refusal { _ = try signer.check(request, afterMilliseconds: -limit - 1) } == .skewed)
        let credentials = try #require(try RequestCredentials.read(request))
        let now = signer.time.wallMilliseconds
        #expect(
            refusal {
                try SignatureCheck(region: "eu-central-1", service: "s3").checkTerms(
                    credentials, request, nowMilliseconds: now)
            } == .malformedHeader)
        #expect(
            refusal {
                try SignatureCheck(region: "us-east-1", service: "kms").checkTerms(
                    credentials, request, nowMilliseconds: now)
            } == .malformedHeader)
    }

    @Test("are not in two places, and not of another kind")
    func kinds() throws {
        let signed = try signer.signed("GET", "/test.txt", [Self.host], hash: Self.emptyHash)
        let both = try IncomingRequest(
            method: "GET", rawPath: "/test.txt", rawQuery: Self.presignedQuery, headers: signed.headers)
        #expect(refusal { _ = try signer.check(both) } == .ambiguous)
        let old = try presigned("", headers: [Self.host, ("authorization", "AWS AKIAIOSFODNN7EXAMPLE:abc=")])
        #expect(refusal { _ = try signer.check(old) } == .unsupported)
        #expect(
            refusal { _ = try signer.check(try presigned("AWSAccessKeyId=a&Signature=b&Expires=1")) } == .unsupported)
        #expect(try signer.check(try presigned("")) == nil)
    }

    @Test("say how the payload is covered")
    func payloads() throws {
        func mode(_ value: String?, presigned: Bool = false) throws -> PayloadMode {
            let headers = value.map { [(name: "x-amz-content-sha256", value: $0)] } ?? []
            return try PayloadMode.read(
                try IncomingRequest(method: "PUT", rawPath: "/", rawQuery: "", headers: headers), isPresigned: presigned
            )
        }
        for known in [PayloadMode.unsigned, .unsignedChunks, .signedChunks(hasTrailer: true), .hash(Self.emptyHash)] {
            #expect(try mode(known.canonicalText) == known)
        }
        #expect(try mode(nil, presigned: true) == .unsigned)
        #expect(refusal { _ = try mode("UNSIGNED-PAYLOAD, UNSIGNED-PAYLOAD") } == .invalidPayloadMode)
        #expect(refusal { _ = try mode(nil) } == .missingHeader)
        #expect(refusal { _ = try mode(Self.emptyHash.uppercased()) } == .invalidPayloadMode)
        #expect(refusal { _ = try mode("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD") } == .unsupported)
    }

    @Test("in a URL say it in the query or in a header, and not two things")
    func presignedPayloads() throws {
        func mode(_ query: [String], _ headers: [String]) throws -> PayloadMode {
            try PayloadMode.read(
                try IncomingRequest(
                    method: "PUT", rawPath: "/",
                    rawQuery: query.map { "X-Amz-Content-Sha256=\($0)" }.joined(separator: "&"),
                    headers: headers.map { (name: "x-amz-content-sha256", value: $0) }), isPresigned: true)
        }
        let (hash, none) = (Self.emptyHash, "UNSIGNED-PAYLOAD")
        #expect(try mode([hash], []) == .hash(hash))
        #expect(try mode([], [hash]) == .hash(hash))
        #expect(try mode([hash], [hash]) == .hash(hash))
        for (query, headers) in [([hash], [none]), ([none], [hash]), ([hash, hash], []), ([], [none, none])] {
            #expect(refusal { _ = try mode(query, headers) } == .invalidPayloadMode)
        }
    }

    /// The server takes the payload's hash from a header that nobody has signed, and signs with it.
    @Test("in a URL are not good for another payload")
    func presignedPayloadSubstitution() throws {
        for value in [Self.emptyHash, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"] {
            let header = (name: "x-amz-content-sha256", value: value)
            #expect(refusal { _ = try signer.check(try presigned(headers: [Self.host, header])) } == .mismatch)
        }
        let header = (name: "x-amz-content-sha256", value: "UNSIGNED-PAYLOAD")
        #expect(try signer.check(try presigned(headers: [Self.host, header])) != nil)
    }

    @Test("name all headers that were not signed, and never what would have been right")
    func messages() throws {
        var request = try signer.signed("GET", "/", [Self.host], hash: Self.emptyHash)
        let headers = request.headers + [("x-amz-b", "1"), ("x-amz-a", "1"), ("content-md5", "1")]
        request = try IncomingRequest(method: "GET", rawPath: "/", rawQuery: "", headers: headers)
        #expect(message(request)?.hasSuffix("not signed: content-md5, x-amz-a, x-amz-b") == true)
        let good = try signer.signed("GET", "/", [Self.host], hash: Self.emptyHash)
        let signature = try #require(try signer.check(good)?.signature)
        let other = try IncomingRequest(method: "PUT", rawPath: "/", rawQuery: "", headers: good.headers)
        let wrong = try #require(message(other))
        #expect(!wrong.contains(signature) && !wrong.contains(String(signature.prefix(8))))
    }

    private func message(_ request: IncomingRequest) -> String? {
        do {
            _ = try signer.check(request)
            return nil
        } catch {
            return (error as? SignatureError)?.message
        }
    }
}
