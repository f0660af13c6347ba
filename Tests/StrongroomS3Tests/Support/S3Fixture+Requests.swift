import StrongroomCrypto
import StrongroomKeys
import StrongroomSignature
import Synchronization
import Testing

@testable import StrongroomS3Protocol

extension S3Fixture {
    typealias Headers = [(name: String, value: String)]

    /// Sends a document with the header that vouches for it, as the administrator unless somebody else is named.
    func document(
        _ method: String, _ target: String, _ text: String, _ headers: Headers = [], as signer: Signer? = nil
    ) async throws -> Response {
        let bytes = Array(text.utf8)
        return try await send(
            method, target, headers + [PaddedMD5.header(bytes)], body: bytes, as: signer ?? administrator)
    }

    /// Sends a request as it is: nobody signs it, and no header is added.
    func deliver(
        _ method: String, _ path: String, _ query: String = "", _ headers: Headers, body: [UInt8] = [],
        isSecure: Bool = true
    ) async throws -> Response {
        let rest = Mutex<[UInt8]?>(body.isEmpty ? nil : body)
        let request = S3Request(
            method: method, rawPath: path, rawQuery: query, headers: RequestHeaders(headers),
            connection: ConnectionFacts(
                sourceAddress: "127.0.0.1", transport: isSecure ? .transportLayerSecurity(version: "1.3") : .plain),
            id: "TEST", body: RequestBodyStream { rest.withLock { $0.take() }.map { $0[...] } })
        return try await Self.response(await service.answer(request))
    }

    /// The key that signs on the fixture's day.
    static func signingKey(_ signer: Signer, at time: SigningTime) throws -> SigningKey {
        try SigningKey(
            secretAccessKey: signer.secret.bytes,
            scope: CredentialScope(date: time.date, region: region, service: "s3"))
    }
}

extension S3Fixture.Response {
    /// All that a client sees, but for what is another one in each answer.
    var summary: String {
        let names = headers.keys.filter { $0 != "date" && $0 != "x-amz-request-id" && $0 != "x-amz-id-2" }.sorted()
        return "\(status)\n" + names.map { "\($0): \(headers[$0] ?? "")\n" }.joined() + text
    }

    /// Holds a refusal against what it has to be, word for word.
    func isRefusal(_ status: Int, _ code: String, _ message: String) -> Bool {
        self.status == status && self.code == code && element("Message") == message
    }

    /// The same where more may follow behind the words.
    func isRefusal(_ status: Int, _ code: String, beginning message: String) -> Bool {
        self.status == status && self.code == code && element("Message")?.hasPrefix(message) == true
    }
}

/// Writes policies.
enum PolicyText {
    static func of(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
    }

    static func allow(_ actions: [String], _ resources: [String] = ["*"]) -> String {
        statement("Allow", actions, resources)
    }

    /// - Parameters:
    ///   - principal: `"*"` or an object, as JSON; nil in a policy of a user's own.
    ///   - condition: as JSON; nil for none.
    static func statement(
        _ effect: String, _ actions: [String], _ resources: [String], principal: String? = nil,
        condition: String? = nil
    ) -> String {
        func list(_ texts: [String]) -> String { "[" + texts.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        let who = principal.map { #""Principal":\#($0),"# } ?? ""
        let when = condition.map { #","Condition":\#($0)"# } ?? ""
        return #"{"Effect":"\#(effect)",\#(who)"Action":\#(list(actions)),"Resource":\#(list(resources))\#(when)}"#
    }
}

/// The headers of a customer's key.
enum CustomerKeyText {
    static func headers(
        _ key: [UInt8] = [UInt8](repeating: 7, count: 32), prefix: String = CustomerKeyHeaders.prefix
    ) -> S3Fixture.Headers {
        [
            (prefix + "algorithm", "AES256"), (prefix + "key", PaddedBase64.encode(key)),
            (prefix + "key-md5", PaddedMD5.header(key).value),
        ]
    }

    static func source(_ key: [UInt8] = [UInt8](repeating: 7, count: 32)) -> S3Fixture.Headers {
        headers(key, prefix: CustomerKeyHeaders.sourcePrefix)
    }
}

extension S3Fixture {
    /// With a bucket, `data`, whose objects can be locked.
    static func withLockingBucket() async throws -> S3Fixture {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data", [("x-amz-bucket-object-lock-enabled", "true")]).status == 200)
        return fixture
    }

    /// That bucket's policy.
    func put(policy: String) async throws -> Response {
        try await send("PUT", "/data?policy", body: Array(policy.utf8))
    }
}
