import StrongroomPKCS11Keys
import SystemPackage
import Testing

@testable import StrongroomKeys

/// Administration of keys in a token.
@Suite struct TokenControlTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    @Test func keysAreMadeListedAndDescribed() async throws {
        let instance = try await token.open(creates: true)
        let made = try await instance.ask("create-key", ["name": .string("photos")])
        #expect(made["keyId"] == .string("strongroom/photos") && made["id"] == .string("photos"))
        #expect(made["created"] == .boolean(true) && made["versionCount"] == .number("1"))
        #expect(made["state"] == .string("Enabled") && made["manager"] == .string("customer"))
        // The same request again, because its answer got lost.
        let again = try await instance.ask("create-key", ["name": .string("photos")])
        #expect(again["created"] == .boolean(false) && again["currentVersion"] == made["currentVersion"])
        let described = try await instance.ask("describe-key", ["keyId": .string("strongroom/photos")])
        #expect(described == made.filter { $0.key != "created" })
        let unnamed = try await instance.ask("create-key")
        #expect(unnamed["keyId"] != made["keyId"])

        let first = try await instance.ask("list-keys", ["limit": .number("2")])
        let rest = try await instance.ask("list-keys", ["marker": try #require(first["nextMarker"])])
        guard case .array(let some)? = first["keys"], case .array(let others)? = rest["keys"] else {
            Issue.record("no keys in \(first) and \(rest)")
            return
        }
        #expect(some.count == 2 && others.count == 1 && rest["nextMarker"] == nil)
        #expect((some + others).contains(.object(described)))
    }

    @Test func aRotationThatIsRepeatedIsOne() async throws {
        let instance = try await token.open(creates: true)
        let keyID = JSONValue.string("strongroom/default")
        let version = try #require(try await instance.ask("describe-key", ["keyId": keyID])["currentVersion"])
        let rotated = try await instance.ask("rotate-key", ["keyId": keyID, "currentVersion": version])
        let again = try await instance.ask("rotate-key", ["keyId": keyID, "currentVersion": version])
        #expect(again == rotated && rotated["versionCount"] == .number("2"))
        let further = try await instance.ask("rotate-key", ["keyId": keyID])
        #expect(further["versionCount"] == .number("3"))
        let rotations = try await instance.ask("list-rotations", ["keyId": keyID])
        guard case .array(let versions)? = rotations["rotations"] else {
            Issue.record("no versions in \(rotations)")
            return
        }
        #expect(versions.first == .object(["version": version, "isCurrent": .boolean(false)]))
        #expect(
            versions.last
                == .object(["version": try #require(further["currentVersion"]), "isCurrent": .boolean(true)]))
        #expect(
            await refusal {
                _ = try await instance.ask("rotate-key", ["keyId": keyID, "currentVersion": .string("7-ab")])
            }?.code == .invalidRequest)
    }

    @Test func theStatusNamesTheToken() async throws {
        let status = try await token.open(creates: true).ask("status")
        guard case .object(let named)? = status["token"] else {
            Issue.record("no token in \(status)")
            return
        }
        #expect(named["label"] == .string(token.label) && named["slot"] == .number(String(token.slot)))
        #expect(status["defaultKeyId"] == .string("strongroom/default") && status["keyCount"] == .number("1"))
        #expect(status["library"] == .string(token.library.string))
    }

    @Test(arguments: [
        (#"{"operation":"delete-key","keyId":"strongroom/default"}"#, KeyBackendError.Code.unsupported),
        (#"{"operation":"describe-key"}"#, .invalidRequest),
        (#"{"operation":"describe-key","keyId":"strongroom/none"}"#, .keyNotFound),
        (#"{"operation":"create-key","name":"a/b"}"#, .invalidRequest),
        (#"{"operation":"create-key","name":""}"#, .invalidRequest),
        (#"{"operation":"create-key","policy":"{}"}"#, .invalidRequest),
        (#"{"operation":"list-keys","limit":0}"#, .invalidRequest),
        (#"{"operation":"list-keys","marker":"strongroom/none"}"#, .invalidRequest),
    ])
    func whatIsNotKnownIsRefused(_ request: String, _ code: KeyBackendError.Code) async throws {
        let instance = try await token.open(creates: true)
        #expect(
            await refusal { _ = try await instance.control(ControlRequest(json: Array(request.utf8))) }?.code == code)
    }
}
