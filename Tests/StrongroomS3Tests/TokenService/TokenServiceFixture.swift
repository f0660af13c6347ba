import Strongroom
import StrongroomCrypto
import StrongroomKeys
import StrongroomSignature
import StrongroomTestSupport
import Synchronization

@testable import StrongroomS3Protocol

/// The token service's endpoint, on a store of its own, without a connection.
struct TokenServiceFixture: Sendable {
    var s3: S3Fixture

    init(hasKeyService: Bool = false) async throws { s3 = try await S3Fixture(hasKeyService: hasKeyService) }

    /// Asks as the administrator, unless somebody else is named; nil for nobody.
    func ask(
        _ action: String, _ parameters: [(name: String, value: String)] = [], as signer: S3Fixture.Signer?? = nil,
        isSecure: Bool = true
    ) async throws -> S3Fixture.Response {
        let all = [(name: "Action", value: action), (name: "Version", value: "2011-06-15")] + parameters
        return try await send(Self.form(all), as: signer ?? s3.administrator, isSecure: isSecure)
    }

    static func form(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { URIEncoding.encode($0.name) + "=" + URIEncoding.encode($0.value) }.joined(separator: "&")
    }

    /// - Parameter altering: what happens to the form on its way, behind its signature.
    func send(
        _ form: String, as signer: S3Fixture.Signer?, method: String = "POST", isSecure: Bool = true,
        service: String = "sts", region: String = S3Fixture.region, altering: (String) -> String = { $0 }
    ) async throws -> S3Fixture.Response {
        let (query, body) = method == "POST" ? ("", Array(form.utf8)) : (form, [])
        var all = [(name: "host", value: "localhost")]
        if method == "POST" {
            all.append(("content-type", "application/x-www-form-urlencoded; charset=utf-8"))
            all.append(("content-length", "\(body.count)"))
        }
        if let signer {
            all = try S3Fixture.signed(
                method, "/", query, all, body, signer, atMilliseconds: s3.now, service: service, region: region)
        }
        let sent = method == "POST" ? Array(altering(form).utf8) : []
        let rest = Mutex<[UInt8]?>(sent.isEmpty ? nil : sent)
        let request = S3Request(
            method: method, rawPath: "/", rawQuery: method == "POST" ? "" : altering(form),
            headers: RequestHeaders(all),
            connection: ConnectionFacts(
                sourceAddress: "127.0.0.1", transport: isSecure ? .transportLayerSecurity(version: "1.3") : .plain),
            id: "TEST", body: RequestBodyStream { rest.withLock { $0.take() }.map { $0[...] } })
        return try await S3Fixture.response(await s3.service.answer(request))
    }

    /// Temporary credentials of whoever signs.
    func session(
        _ parameters: [(name: String, value: String)] = [], as signer: S3Fixture.Signer? = nil
    ) async throws -> S3Fixture.Signer {
        try Self.signer(try await ask("GetSessionToken", parameters, as: signer ?? s3.administrator))
    }

    struct NotGiven: Error { var text: String }

    static func signer(_ response: S3Fixture.Response) throws -> S3Fixture.Signer {
        guard let id = response.element("AccessKeyId"), let secret = response.element("SecretAccessKey"),
            let token = response.element("SessionToken")
        else { throw NotGiven(text: response.text) }
        let bytes = Array(secret.utf8)
        // Safe: a UInt8 is raw bytes.
        let copy = try SecretBytes(copying: unsafe bytes.span.bytes)
        return S3Fixture.Signer(accessKeyID: id, secret: SharedSecret(copy), token: token)
    }

    /// A user with a policy, who has a second factor.
    func guarded(
        _ name: String, policy: String? = nil
    ) async throws -> (signer: S3Fixture.Signer, secret: SharedSecret) {
        let signer = try await s3.user(name, policy: policy)
        return (signer, try await s3.store.enableSecondFactor(of: name).secret)
    }

    /// What a request of that user's brings along that has a second factor.
    func factor(_ name: String, _ secret: SharedSecret, at milliseconds: Int64? = nil) throws
        -> [(name: String, value: String)]
    {
        let code = try VirtualDevice(base32: secret).text(atMilliseconds: milliseconds ?? s3.now)
        return [("SerialNumber", "arn:aws:iam::000000000000:mfa/\(name)"), ("TokenCode", code)]
    }

    func at(_ milliseconds: Int64, nanoseconds: UInt64 = 0) -> TokenServiceFixture {
        var later = self
        later.s3 = s3.at(milliseconds, nanoseconds: nanoseconds)
        return later
    }
}
