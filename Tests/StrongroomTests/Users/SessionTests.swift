import StrongroomCrypto
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Temporary credentials") struct SessionTests {
    private struct Made {
        var memory: MemoryEngine
        var key: NewAccessKey
        var session: NewSession
    }

    private static func made() async throws -> Made {
        let memory = try await MemoryEngine()
        let user = try await memory.store.createUser(named: "alice")
        let key = try await memory.store.createAccessKey(of: "alice")
        let session = try memory.store.makeSession(
            ofUser: "alice", id: user.id, accessKeyID: key.id, from: 1_000, until: 901_000,
            secondFactorMilliseconds: 900)
        return Made(memory: memory, key: key, session: session)
    }

    @Test("a token says what was sealed, after a reopening too, and its secret is its own")
    func life() async throws {
        let made = try await Self.made()
        #expect(made.session.session.id.hasPrefix("ASIA") && made.session.secret.bytes.count == 40)
        for store in [made.memory.store, try await made.memory.afterCrash().store] {
            let known = try #require(try await store.session(ofToken: made.session.token))
            #expect(known.session == made.session.session && known.user?.name == "alice")
            #expect(try known.secret.bytes.isEqual(to: made.session.secret.bytes))
        }
        let user = try await made.memory.store.user(named: "alice")
        let other = try made.memory.store.makeSession(
            ofUser: "alice", id: user.id, accessKeyID: made.key.id, from: 1_000, until: 901_000,
            secondFactorMilliseconds: 900)
        #expect(other.token != made.session.token && other.session.id != made.session.session.id)
        #expect(try !other.secret.bytes.isEqual(to: made.session.secret.bytes))
    }

    @Test("a token of which anything was changed is none")
    func altered() async throws {
        let made = try await Self.made()
        let store = made.memory.store
        let token = made.session.token
        let bytes = try #require(PaddedBase64.decode(token))
        var altered = bytes.indices.map { index in
            var copy = bytes
            copy[index] ^= 1 << UInt8(index & 7)
            return PaddedBase64.encode(copy)
        }
        altered += (0..<bytes.count).map { PaddedBase64.encode(Array(bytes.prefix($0))) }
        altered += [PaddedBase64.encode(bytes + [0]), token + "A", " " + token, token + "\n", "", "x", "====", "\u{0}"]
        altered.append(String(repeating: "A", count: SessionTokens.sizeMaximum + 4))
        for text in altered { #expect(try await store.session(ofToken: text) == nil, "\(text.prefix(40))") }
        #expect(try await store.session(ofToken: token) != nil)
    }

    @Test("another store knows nothing of it, nor is a row or a document of this one a token")
    func foreign() async throws {
        let (made, other) = (try await Self.made(), try await Self.made())
        #expect(try await other.memory.store.session(ofToken: made.session.token) == nil)
        let row = try #require(try await made.memory.value(RowKey.user("alice")))
        #expect(try await made.memory.store.session(ofToken: PaddedBase64.encode(row)) == nil)
        try await made.memory.overwrite(
            RowKey.user("alice"), value: try #require(PaddedBase64.decode(made.session.token)))
        #expect(try await errorCode { try await made.memory.store.user(named: "alice") } == .damaged)
    }

    @Test("it is nobody's once its access key or its user is gone, or is not active")
    func ends() async throws {
        let made = try await Self.made()
        let (store, token) = (made.memory.store, made.session.token)
        func holder() async throws -> String? { try await store.session(ofToken: token)?.user?.name }
        try await store.setAccessKey(made.key.id, of: "alice", isActive: false)
        #expect(try await holder() == nil)
        try await store.setAccessKey(made.key.id, of: "alice", isActive: true)
        #expect(try await holder() == "alice")
        let other = try await store.createAccessKey(of: "alice")
        try await store.deleteAccessKey(made.key.id, of: "alice")
        #expect(try await holder() == nil && other.id != made.key.id)
        try await store.deleteUser(named: "alice")
        #expect(try await holder() == nil)
        // Somebody else of that name.
        try await store.createUser(named: "alice")
        #expect(try await holder() == nil)
    }

    @Test("its content is read as it was written, and nothing else is taken for one", arguments: UInt64(1)...20)
    func coding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let session = Session(
            id: "ASIAAAAAAAAAAAAAAAAA", userName: "a", userID: "AIDAAAAAAAAAAAAAAAAA",
            accessKeyID: "AKIAAAAAAAAAAAAAAAAA", issuedMilliseconds: .random(in: .min ... .max, using: &generator),
            expiresMilliseconds: .random(in: .min ... .max, using: &generator),
            secondFactorMilliseconds: seed.isMultiple(of: 2) ? .random(in: .min ... .max, using: &generator) : nil)
        let bytes = session.encoded()
        #expect(try Session(decoding: bytes) == session)
        for _ in 0..<200 {
            var changed = bytes
            let position = Int.random(in: changed.indices, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: changed.removeLast(changed.count - position)
            case 1: changed.insert(.random(in: 0...20, using: &generator), at: position)
            default: changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            guard let found = try? Session(decoding: changed) else { continue }
            #expect(found.encoded() == changed)
        }
    }

    @Test("a locked store makes none and opens none")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        try await store.close()
        var options = StoreOptions.forTests
        options.keyring = directory.path.appending("no keyring")
        options.whenKeyringMissing = .openLocked
        let locked = try await Store.open(at: directory.store, options: options)
        #expect(try await errorCode { try await locked.session(ofToken: "x") } == .storeLocked)
        #expect(try await errorCode { try await locked.enableSecondFactor(of: "x") } == .storeLocked)
        try await locked.close()
    }
}
