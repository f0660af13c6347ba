import SystemPackage
import Testing

@testable import Strongroom

@Suite("Roles") struct RoleTests {
    private static let trust = RoleFixture.trust()

    @Test("A role is what was made and changed of it, after a reopening too, and is gone with all it has")
    func life() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: .forTests)
        let made = try await store.createRole(named: "reader", trustPolicy: Self.trust)
        #expect(made.name == "reader" && made.policies.isEmpty && made.maximumSessionSeconds == 3_600)
        #expect(made.id.hasPrefix("AROA") && made.id.utf8.count == 20 && made.trustPolicy == Self.trust)
        #expect(try await store.role(named: "reader") == made)
        #expect(
            try await errorCode { try await store.createRole(named: "reader", trustPolicy: Self.trust) }
                == .roleAlreadyExists)

        let other = RoleFixture.trust("arn:aws:iam::000000000000:root")
        try await store.setTrustPolicy(other, of: "reader")
        try await store.setMaximumSessionSeconds(43_200, of: "reader")
        let changed = try await store.setRolePolicy(UserFixture.policy, named: "read", of: "reader")
        #expect(try await store.setTrustPolicy(other, of: "reader").lsn == nil)
        #expect(try await store.setMaximumSessionSeconds(43_200, of: "reader").lsn == nil)
        #expect(try await store.setRolePolicy(UserFixture.policy, named: "read", of: "reader").lsn == nil)
        #expect(try await store.setRolePolicy(nil, named: "absent", of: "reader").lsn == nil)
        let role = try await store.role(named: "reader")
        #expect(role.id == made.id && role.created == made.created && role.lsn == changed.lsn)
        #expect(role.trustPolicy == other && role.policies == ["read": UserFixture.policy])
        #expect(role.maximumSessionSeconds == 43_200)

        // A user of the same name is somebody else.
        try await store.createUser(named: "reader")
        try await store.createRole(named: "Reader", trustPolicy: Self.trust, maximumSessionSeconds: 7_200)
        try await store.close()
        store = try await Store.open(at: directory.store, options: .forTests)
        #expect(try await store.listRoles().map(\.name) == ["Reader", "reader"])
        #expect(try await store.role(named: "reader") == role)
        #expect(try await store.deleteRole(named: "reader").lsn != nil)
        #expect(try await store.user(named: "reader").name == "reader")
        let again = try await store.createRole(named: "reader", trustPolicy: Self.trust)
        #expect(again.id != made.id && again.policies.isEmpty && again.maximumSessionSeconds == 3_600)
        try await store.close()
    }

    @Test("Whatever is asked of a role that is not there is refused, whatever it is called")
    func missing() async throws {
        try await withStore { store, _ in
            for name in ["absent", "", "a b", "ü", String(repeating: "x", count: 65), "a/b"] {
                try await Self.expectMissing(name, store)
            }
            #expect(try await store.listRoles().isEmpty)
        }
    }

    private static func expectMissing(_ name: String, _ store: Store) async throws {
        #expect(try await errorCode { try await store.role(named: name) } == .noSuchRole)
        #expect(try await errorCode { try await store.deleteRole(named: name) } == .noSuchRole)
        #expect(try await errorCode { try await store.setTrustPolicy(trust, of: name) } == .noSuchRole)
        #expect(try await errorCode { try await store.setMaximumSessionSeconds(3_600, of: name) } == .noSuchRole)
        #expect(try await errorCode { try await store.setRolePolicy(nil, named: "p", of: name) } == .noSuchRole)
        guard name != "absent" else { return }
        #expect(
            try await errorCode { try await store.createRole(named: name, trustPolicy: trust) } == .invalidUserName)
    }

    @Test("Documents and durations that are none are refused, and change nothing")
    func refusals() async throws {
        try await withStore { store, _ in
            let role = try await store.createRole(named: "r", trustPolicy: Self.trust)
            let long = Self.trust.replacing("{", with: "{" + String(repeating: " ", count: 4_096), maxReplacements: 1)
            for document in ["", "{", "[]", UserFixture.policy, UserFixture.policy(1), long] {
                #expect(try await errorCode { try await store.setTrustPolicy(document, of: "r") } == .malformedPolicy)
                #expect(
                    try await errorCode { try await store.createRole(named: "x", trustPolicy: document) }
                        == .malformedPolicy)
            }
            for document in ["{", Self.trust] {
                #expect(
                    try await errorCode { try await store.setRolePolicy(document, named: "p", of: "r") }
                        == .malformedPolicy)
            }
            for seconds in [3_599, 43_201, 0, -1, Int.max, Int.min] {
                #expect(
                    try await errorCode { try await store.setMaximumSessionSeconds(seconds, of: "r") }
                        == .invalidArgument)
                #expect(
                    try await errorCode {
                        try await store.createRole(
                            named: "x", trustPolicy: Self.trust, maximumSessionSeconds: seconds)
                    } == .invalidArgument)
            }
            #expect(
                try await errorCode { try await store.setRolePolicy(nil, named: "a b", of: "r") } == .invalidUserName)
            for number in 0..<Role.policyLimit {
                try await store.setRolePolicy(UserFixture.policy, named: "p\(number)", of: "r")
            }
            #expect(
                try await errorCode { try await store.setRolePolicy(UserFixture.policy, named: "more", of: "r") }
                    == .limitExceeded)
            try await store.setRolePolicy(UserFixture.policy(2), named: "p0", of: "r")
            #expect(try await store.role(named: "r").trustPolicy == role.trustPolicy)
            #expect(try await store.listRoles().map(\.name) == ["r"])
        }
    }

    @Test("There is a limit of roles, which a deletion makes room in")
    func limit() async throws {
        let memory = try await MemoryEngine()
        for number in 0..<Role.countLimit {
            try await memory.store.createRole(named: "r\(number)", trustPolicy: Self.trust)
        }
        func create() async throws { try await memory.store.createRole(named: "more", trustPolicy: Self.trust) }
        #expect(try await errorCode { try await create() } == .limitExceeded)
        try await memory.store.deleteRole(named: "r7")
        try await create()
    }

    @Test("Whoever derived something of users learns of each change of a role")
    func version() async throws {
        try await withStore { store, _ in
            var version = store.usersVersion
            func grows() { #expect(store.usersVersion > version); version = store.usersVersion }
            try await store.createRole(named: "r", trustPolicy: Self.trust)
            grows()
            try await store.setRolePolicy(UserFixture.policy, named: "p", of: "r")
            grows()
            try await store.setRolePolicy(UserFixture.policy, named: "p", of: "r")
            #expect(store.usersVersion == version)
            try await store.setMaximumSessionSeconds(7_200, of: "r")
            grows()
            try await store.deleteRole(named: "r")
            grows()
        }
    }

    @Test("A locked store tells no role and makes none")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        try await store.createRole(named: "r", trustPolicy: Self.trust)
        try await store.close()
        var options = StoreOptions.forTests
        options.keyring = directory.path.appending("no keyring")
        options.whenKeyringMissing = .openLocked
        let locked = try await Store.open(at: directory.store, options: options)
        #expect(try await errorCode { try await locked.listRoles() } == .storeLocked)
        #expect(try await errorCode { try await locked.role(named: "r") } == .storeLocked)
        #expect(try await errorCode { try await locked.deleteRole(named: "r") } == .storeLocked)
        #expect(
            try await errorCode { try await locked.createRole(named: "s", trustPolicy: Self.trust) } == .storeLocked)
        try await locked.close()
    }

    @Test("A row is read as it was written, and nothing else is taken for one", arguments: UInt64(1)...40)
    func coding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let row = RoleFixture.row(&generator)
        let bytes = row.encoded()
        #expect(try RoleRow(decoding: bytes) == row)
        for _ in 0..<400 { #expect(RowProbe.isCanonical(role: generator.damaged(bytes))) }
    }
}
