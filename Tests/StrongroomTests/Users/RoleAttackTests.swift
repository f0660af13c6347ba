import StrongroomCrypto
import SystemPackage
import Testing

@testable import Strongroom

/// Someone has the disk and not the keys, or a token and not the role.
@Suite("Attacks on roles") struct RoleAttackTests {
    private static let trust = RoleFixture.trust()

    private struct Made {
        var memory: MemoryEngine
        var key: NewAccessKey
        var role: Role
        var user: User

        init() async throws {
            memory = try await MemoryEngine()
            user = try await memory.store.createUser(named: "alice")
            key = try await memory.store.createAccessKey(of: "alice")
            role = try await memory.store.createRole(named: "reader", trustPolicy: RoleAttackTests.trust)
        }

        func session(_ policy: String? = nil) throws -> NewSession {
            try memory.store.makeSession(
                ofUser: "alice", id: user.id, accessKeyID: key.id, from: 1_000, until: 901_000,
                secondFactorMilliseconds: nil,
                assuming: AssumedRole(name: "reader", id: role.id, sessionName: "s1", sessionPolicy: policy))
        }
    }

    @Test("Each bit that is flipped, and each byte that is missing or too many, is damage and never another role")
    func alteredRow() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createRole(named: "reader", trustPolicy: Self.trust)
        let rowKey = RowKey.role("reader")
        let value = try #require(try await memory.value(rowKey))
        var altered = value.indices.map { index in
            var copy = value
            copy[index] ^= 1 << UInt8(index & 7)
            return copy
        }
        altered += [[], [1], Array(value.dropLast()), value + [0], [2] + value.dropFirst()]
        for bytes in altered {
            try await memory.overwrite(rowKey, value: bytes)
            #expect(try await errorCode { try await memory.store.role(named: "reader") } == .damaged)
        }
        #expect(try await errorCode { try await memory.store.listRoles() } == .damaged)
        #expect(
            try await errorCode { try await memory.store.setMaximumSessionSeconds(7_200, of: "reader") } == .damaged)
        #expect(try await memory.store.verify().findings.map(\.place) == ["role \"reader\""])
        // Such a role can still be deleted.
        try await memory.store.deleteRole(named: "reader")
        #expect(try await memory.store.verify().findings == [])
    }

    @Test("A row under another name, a user's or a token in its place is no role, nor a role's a user")
    func swappedRows() async throws {
        let made = try await Made()
        let (memory, store) = (made.memory, made.memory.store)
        try await store.createRole(named: "admin", trustPolicy: Self.trust)
        let admin = try #require(try await memory.value(RowKey.role("admin")))
        let user = try #require(try await memory.value(RowKey.user("alice")))
        let token = try #require(PaddedBase64.decode(try made.session().token))
        for value in [admin, user, token] {
            try await memory.overwrite(RowKey.role("reader"), value: value)
            #expect(try await errorCode { try await store.role(named: "reader") } == .damaged)
        }
        try await memory.overwrite(RowKey.user("admin"), value: admin)
        #expect(try await errorCode { try await store.user(named: "admin") } == .damaged)
    }

    @Test("The same role is never sealed to the same bytes twice, and no name or policy stands in a file")
    func files() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createRole(named: "reader", trustPolicy: Self.trust)
        var values: Set<[UInt8]> = []
        for number in 0..<20 {
            try await memory.store.setMaximumSessionSeconds(3_600 + number % 2, of: "reader")
            try await memory.store.setMaximumSessionSeconds(5_000, of: "reader")
            let value = try #require(try await memory.value(RowKey.role("reader")))
            #expect(values.insert(Array(value.dropFirst().prefix(24))).inserted)
            #expect(value.firstRange(of: Array("AssumeRole".utf8)) == nil)
            #expect(value.firstRange(of: Array("AROA".utf8)) == nil)
        }
    }

    @Test("A session says what was sealed, and is nobody's without its role, its user and the access key")
    func ends() async throws {
        let made = try await Made()
        let store = made.memory.store
        let session = try made.session("{}")
        func holder() async throws -> String? { try await store.session(ofToken: session.token)?.role?.id }
        let known = try #require(try await store.session(ofToken: session.token))
        #expect(known.session == session.session && known.role == made.role && known.user == nil)
        #expect(known.session.role?.sessionPolicy == "{}")
        #expect(try known.secret.bytes.isEqual(to: session.secret.bytes))
        // What the role may do is asked with each request.
        try await store.setRolePolicy(UserFixture.policy, named: "p", of: "reader")
        #expect(try await store.session(ofToken: session.token)?.role?.policies.count == 1)
        try await store.setAccessKey(made.key.id, of: "alice", isActive: false)
        #expect(try await holder() == nil)
        try await store.setAccessKey(made.key.id, of: "alice", isActive: true)
        #expect(try await holder() == made.role.id)
        try await store.deleteRole(named: "reader")
        #expect(try await holder() == nil)
        // Another role of that name.
        let other = try await store.createRole(named: "reader", trustPolicy: Self.trust)
        #expect(try await holder() == nil && other.id != made.role.id)
        let last = try store.makeSession(
            ofUser: "alice", id: made.user.id, accessKeyID: made.key.id, from: 0, until: 1,
            secondFactorMilliseconds: nil, assuming: AssumedRole(name: "reader", id: other.id, sessionName: "s1"))
        #expect(try await store.session(ofToken: last.token)?.role == other)
        try await store.deleteUser(named: "alice")
        #expect(try await store.session(ofToken: last.token)?.holder == nil)
    }

    @Test("A damaged role's session is a failure, and not somebody")
    func damagedRole() async throws {
        let made = try await Made()
        let token = try made.session().token
        var value = try #require(try await made.memory.value(RowKey.role("reader")))
        value[value.count - 1] ^= 1
        try await made.memory.overwrite(RowKey.role("reader"), value: value)
        #expect(try await errorCode { try await made.memory.store.session(ofToken: token) } == .damaged)
    }

    @Test("Neither a policy can be cut from a token nor another role put into it", arguments: [nil, "{}"] as [String?])
    func alteredTokens(_ policy: String?) async throws {
        let made = try await Made()
        let bytes = try #require(PaddedBase64.decode(try made.session(policy).token))
        for index in bytes.indices {
            var copy = bytes
            copy[index] ^= 1 << UInt8(index & 7)
            #expect(try await made.memory.store.session(ofToken: PaddedBase64.encode(copy)) == nil)
        }
    }

    @Test(
        "The content of a session is read as it was written, and nothing else is taken for one",
        arguments: UInt64(1)...20)
    func coding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let session = Session(
            id: RoleFixture.id("ASIA", &generator), userName: "a", userID: RoleFixture.id("AIDA", &generator),
            accessKeyID: RoleFixture.id("AKIA", &generator), issuedMilliseconds: 1, expiresMilliseconds: 2,
            secondFactorMilliseconds: seed.isMultiple(of: 3) ? 3 : nil,
            role: AssumedRole(
                name: "r", id: RoleFixture.id("AROA", &generator), sessionName: "s1",
                sessionPolicy: seed.isMultiple(of: 2) ? "{ü}" : nil))
        let bytes = session.encoded()
        #expect(try Session(decoding: bytes) == session)
        for _ in 0..<400 { #expect(RowProbe.isCanonical(session: generator.damaged(bytes))) }
    }
}
