import Strongroom
import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// What AWS answers where the key service does not open or seal an object, with real keys behind the objects.
@Suite("Refusals of the key service, for objects") struct KeyServiceObjectErrorTests {
    private static let mode = EncryptionHeaders.mode
    private static let arns = "arn:aws:kms:us-east-1:000000000000:"
    private static let uuid = "12345678-1234-1234-1234-123456789012"

    private static func bucket() async throws -> KeyServiceFixture {
        let fixture = try await KeyServiceFixture()
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        #expect(try await fixture.s3.send("PUT", "/data/plain", body: [1]).status == 200)
        return fixture
    }

    private static func headers(_ key: String, _ mode: String = "aws:kms") -> S3Fixture.Headers {
        [(Self.mode, mode), (EncryptionHeaders.keyID, key)]
    }

    /// A new key's ARN.
    private static func arn(_ fixture: KeyServiceFixture) async throws -> String {
        try #require(try await fixture.ask("CreateKey").member("KeyMetadata", "Arn")?.text)
    }

    /// Asks on every way that seals.
    private static func store(
        _ fixture: KeyServiceFixture, _ key: String, as signer: S3Fixture.Signer? = nil
    ) async throws -> [S3Fixture.Response] {
        var answers: [S3Fixture.Response] = []
        for mode in ["aws:kms", "aws:kms:dsse"] {
            for (method, target, more) in [
                ("PUT", "/data/new", []), ("POST", "/data/new?uploads", []),
                ("PUT", "/data/new", [("x-amz-copy-source", "data/plain")]),
            ] as [(String, String, S3Fixture.Headers)] {
                let body: [UInt8] = method == "PUT" && more.isEmpty ? [1] : []
                answers.append(
                    try await fixture.s3.send(
                        method, target, headers(key, mode) + more, body: body, as: signer ?? fixture.s3.administrator))
            }
        }
        return answers
    }

    @Test(
        "keys that are not here",
        arguments: [
            ("fake-key-id", "Invalid keyId 'fake-key-id'"), (uuid, "Key '\(arns)key/\(uuid)' does not exist"),
            ("\(arns)key/\(uuid)", "Key '\(arns)key/\(uuid)' does not exist"),
            ("arn:aws:kms:eu-west-1:000000000000:key/\(uuid)", "Invalid arn eu-west-1"),
            ("alias/absent", "Alias \(arns)alias/absent is not found."),
        ])
    func absent(_ key: String, _ message: String) async throws {
        let fixture = try await Self.bucket()
        for answer in try await Self.store(fixture, key) {
            #expect(answer.isRefusal(400, "KMS.NotFoundException", beginning: message), "\(answer.text)")
        }
        #expect(try await fixture.s3.send("GET", "/data/new").status == 404)
    }

    @Test("a key that is disabled, for what is under it and for what is to be")
    func disabled() async throws {
        let fixture = try await Self.bucket()
        let arn = try await Self.arn(fixture)
        #expect(try await fixture.s3.send("PUT", "/data/k", Self.headers(arn), body: [1, 2]).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/k").body == [1, 2])
        #expect(try await fixture.ask("DisableKey", ["KeyId": .string(arn)]).status == 200)
        let copy = try await fixture.s3.send("PUT", "/data/copy", [("x-amz-copy-source", "data/k")])
        for answer in try await Self.store(fixture, arn) + [try await fixture.s3.send("GET", "/data/k"), copy] {
            #expect(
                answer.isRefusal(400, "KMS.DisabledException", beginning: "\(arn) is disabled."), "\(answer.text)")
        }
        #expect(try await fixture.ask("EnableKey", ["KeyId": .string(arn)]).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/k").body == [1, 2])
    }

    @Test("a key whose deletion is pending")
    func pendingDeletion() async throws {
        let fixture = try await Self.bucket()
        let arn = try await Self.arn(fixture)
        #expect(try await fixture.s3.send("PUT", "/data/k", Self.headers(arn), body: [1, 2]).status == 200)
        #expect(try await fixture.ask("ScheduleKeyDeletion", ["KeyId": .string(arn)]).status == 200)
        for answer in try await Self.store(fixture, arn) + [try await fixture.s3.send("GET", "/data/k")] {
            #expect(
                answer.isRefusal(400, "KMS.KMSInvalidStateException", beginning: "\(arn) is pending deletion."),
                "\(answer.text)")
        }
        #expect(try await fixture.ask("CancelKeyDeletion", ["KeyId": .string(arn)]).status == 200)
        #expect(try await fixture.ask("EnableKey", ["KeyId": .string(arn)]).status == 200)
        #expect(try await fixture.s3.send("GET", "/data/k").body == [1, 2])
    }

    @Test("a user who may use the bucket and not the key, by policies of the user's and of the key")
    func permissions() async throws {
        let fixture = try await Self.bucket()
        let arn = try await Self.arn(fixture)
        #expect(try await fixture.s3.send("PUT", "/data/k", Self.headers(arn), body: [1]).status == 200)
        let bob = try await fixture.s3.user("bob", policy: PolicyText.of(PolicyText.allow(["s3:*"])))
        func expectRefused() async throws {
            for answer in try await Self.store(fixture, arn, as: bob) {
                #expect(
                    answer.isRefusal(403, "AccessDenied", beginning: Self.words("kms:GenerateDataKey")),
                    "\(answer.text)")
            }
            let answer = try await fixture.s3.send("GET", "/data/k", as: bob)
            #expect(answer.isRefusal(403, "AccessDenied", beginning: Self.words("kms:Decrypt")), "\(answer.text)")
        }
        try await expectRefused()
        _ = try await fixture.s3.store.setUserPolicy(
            PolicyText.of(PolicyText.allow(["s3:*", "kms:*"])), named: "own", of: "bob")
        #expect(try await fixture.s3.send("GET", "/data/k", as: bob).body == [1])
        let account = #"{"AWS":"000000000000"}"#
        let user = #"{"AWS":"arn:aws:iam::000000000000:user/bob"}"#
        let policy = PolicyText.of(
            PolicyText.statement("Allow", ["kms:*"], ["*"], principal: account),
            PolicyText.statement("Deny", ["kms:Decrypt", "kms:GenerateDataKey"], ["*"], principal: user))
        let put = try await fixture.ask("PutKeyPolicy", ["KeyId": .string(arn), "Policy": .string(policy)])
        #expect(put.status == 200)
        try await expectRefused()
    }

    private static func words(_ action: String) -> String {
        "User: arn:aws:iam::000000000000:user/bob is not authorized to perform: \(action) on resource: "
    }

    @Test("a key service that has too many requests")
    func throttled() async throws {
        let fixture = try await KeyServiceFixture(backend: ThrottlingKeyService.table)
        #expect(try await fixture.s3.send("PUT", "/data").status == 200)
        let answer = try await fixture.s3.send("PUT", "/data/new", [(Self.mode, "aws:kms")], body: [1])
        #expect(answer.status == 400 && answer.code == "KMS.ThrottlingException", "\(answer.text)")
        // What it says of itself is no business of the client's.
        #expect(!answer.text.contains("internal.example"))
        #expect(try await fixture.s3.send("GET", "/data/new").status == 404)
    }
}

/// Has always too many requests.
private struct ThrottlingKeyService: KeyBackend {
    static let table = exportKeyBackend(
        name: "throttling", version: "0", capabilities: [.returnsPromptly, .heedsPolicies]
    ) { (_, _) throws(KeyBackendError) in ThrottlingKeyService() }

    private func refuse() throws(KeyBackendError) -> Never {
        throw KeyBackendError(.throttled, "The key service at internal.example has too many requests.")
    }

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] { try refuse() }

    func describe(_ request: DescribeRequest) async throws(KeyBackendError) -> KeyDescription {
        KeyDescription(keyID: request.keyID ?? "throttling", currentVersion: "1", health: .ready)
    }

    func generateDataKey(_ request: DataKeyRequest) async throws(KeyBackendError) -> GeneratedDataKey { try refuse() }

    func unwrap(_ wrapped: WrappedDataKey, for request: UnwrapRequest) async throws(KeyBackendError) -> SecretBytes {
        try refuse()
    }

    func rewrap(_ wrapped: WrappedDataKey, for request: RewrapRequest) async throws(KeyBackendError) -> WrappedDataKey {
        try refuse()
    }

    func close() async throws(KeyBackendError) {}
}
