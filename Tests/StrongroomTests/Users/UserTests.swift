import StrongroomCrypto
import SystemPackage
import Testing

@testable import Strongroom

@Suite("Users")
struct UserTests {
    @Test("A user is what was made and changed of it, and is gone with all it has")
    func life() async throws {
        try await withStore { store, _ in
            let made = try await store.createUser(named: "alice", isAdministrator: true)
            #expect(made.name == "alice" && made.isAdministrator && made.policies.isEmpty && made.accessKeys.isEmpty)
            #expect(made.id.hasPrefix("AIDA") && made.id.utf8.count == 20)
            #expect(try await store.user(named: "alice") == made)
            #expect(try await errorCode { try await store.createUser(named: "alice") } == .userAlreadyExists)

            try await store.setUserPolicy(UserFixture.policy, named: "read", of: "alice")
            let changed = try await store.setAdministrator(false, of: "alice")
            #expect(try await store.setAdministrator(false, of: "alice").lsn == nil)
            let key = try await store.createAccessKey(of: "alice")
            let user = try await store.user(named: "alice")
            #expect(user.id == made.id && user.created == made.created && !user.isAdministrator)
            #expect(user.lsn > (changed.lsn ?? .max) && user.policies == ["read": UserFixture.policy])
            #expect(user.accessKeys == [AccessKey(id: key.id, created: key.created, isActive: true)])
            #expect(key.created >= made.created)

            try await store.createUser(named: "Alice")
            #expect(try await store.listUsers().map(\.name) == ["Alice", "alice"])
            #expect(try await store.deleteUser(named: "alice").lsn != nil)
            #expect(try await errorCode { try await store.user(named: "alice") } == .noSuchUser)
            #expect(try await errorCode { try await store.deleteUser(named: "alice") } == .noSuchUser)
            #expect(try await store.accessKeySecret(key.id) == nil)
            let again = try await store.createUser(named: "alice")
            #expect(again.id != made.id && again.policies.isEmpty && again.accessKeys.isEmpty)
        }
    }

    @Test("A secret is told once, has 40 characters of base64, and is found by the key's id after a reopening")
    func secrets() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: .forTests)
        try await store.createUser(named: "bob")
        var secrets: [String: String] = [:]
        for _ in 0..<User.accessKeyLimit {
            let key = try await store.createAccessKey(of: "bob")
            #expect(key.id.hasPrefix("AKIA") && key.id.utf8.count == 20)
            secrets[key.id] = try UserFixture.text(key.secret)
        }
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        #expect(Set(secrets.values).count == User.accessKeyLimit)
        for secret in secrets.values { #expect(secret.count == 40 && secret.allSatisfy(alphabet.contains)) }
        try await store.close()

        store = try await Store.open(at: directory.store, options: .forTests)
        for (id, secret) in secrets {
            let found = try #require(try await store.accessKeySecret(id))
            #expect(try UserFixture.text(found.secret) == secret)
            #expect(found.user.name == "bob" && found.key.id == id && found.key.isActive)
        }
        #expect(try await store.accessKeySecret("AKIAAAAAAAAAAAAAAAAA") == nil)
        #expect(try await store.accessKeySecret("no key") == nil)
        try await store.close()
        #expect(try await errorCode { try await store.accessKeySecret(secrets.keys.first!) } == .closed)
    }

    @Test("A key that is deactivated or deleted is so for whoever asks next, and the version grows")
    func keysFollowChanges() async throws {
        try await withStore { store, _ in
            try await store.createUser(named: "carol")
            let key = try await store.createAccessKey(of: "carol")
            #expect(try await store.accessKeySecret(key.id)?.key.isActive == true)
            var version = store.usersVersion
            func grows() { #expect(store.usersVersion > version); version = store.usersVersion }
            try await store.setAccessKey(key.id, of: "carol", isActive: false)
            grows()
            #expect(try await store.accessKeySecret(key.id)?.key.isActive == false)
            #expect(try await store.setAccessKey(key.id, of: "carol", isActive: false).lsn == nil)
            #expect(store.usersVersion == version)
            try await store.setAccessKey(key.id, of: "carol", isActive: true)
            grows()
            #expect(try await store.accessKeySecret(key.id)?.key.isActive == true)
            let other = try await store.createAccessKey(of: "carol")
            grows()
            #expect(try await store.accessKeySecret(other.id)?.key.id == other.id)
            try await store.deleteAccessKey(key.id, of: "carol")
            grows()
            #expect(try await store.accessKeySecret(key.id) == nil)
            #expect(try await store.accessKeySecret(other.id) != nil)
            #expect(
                try await errorCode { try await store.deleteAccessKey(key.id, of: "carol") } == .noSuchAccessKey)
            #expect(
                try await errorCode { try await store.setAccessKey(key.id, of: "carol", isActive: true) }
                    == .noSuchAccessKey)
            // The key of one user is no key of another.
            try await store.createUser(named: "dave")
            #expect(
                try await errorCode { try await store.deleteAccessKey(other.id, of: "dave") } == .noSuchAccessKey)
        }
    }

    @Test("Limits hold, and what is beyond them changes nothing")
    func limits() async throws {
        try await withStore { store, _ in
            try await store.createUser(named: "erin")
            for _ in 0..<User.accessKeyLimit { _ = try await store.createAccessKey(of: "erin") }
            #expect(try await errorCode { try await store.createAccessKey(of: "erin") } == .limitExceeded)
            for number in 0..<User.policyLimit {
                try await store.setUserPolicy(UserFixture.policy(number), named: "p\(number)", of: "erin")
            }
            #expect(
                try await errorCode { try await store.setUserPolicy(UserFixture.policy, named: "more", of: "erin") }
                    == .limitExceeded)
            try await store.setUserPolicy(UserFixture.policy(99), named: "p3", of: "erin")
            try await store.setUserPolicy(nil, named: "p4", of: "erin")
            #expect(try await store.setUserPolicy(nil, named: "p4", of: "erin").lsn == nil)
            let user = try await store.user(named: "erin")
            #expect(user.accessKeys.count == User.accessKeyLimit && user.policies.count == User.policyLimit - 1)
            #expect(user.policies["p3"] == UserFixture.policy(99))
        }
    }

    @Test("The largest user there can be is kept")
    func largest() async throws {
        try await withStore { store, _ in
            let name = String(repeating: "n", count: 64)
            try await store.createUser(named: name)
            for number in 0..<User.policyLimit {
                let text = UserFixture.policy(number)
                let policy = text + String(repeating: " ", count: 32_768 - text.utf8.count)
                let policyName = String(repeating: "p", count: 127) + "\(number)"
                try await store.setUserPolicy(policy, named: policyName, of: name)
                #expect(
                    try await errorCode { try await store.setUserPolicy(policy + " ", named: policyName, of: name) }
                        == .malformedPolicy)
            }
            for _ in 0..<User.accessKeyLimit { _ = try await store.createAccessKey(of: name) }
            #expect(try await store.user(named: name).policies.values.allSatisfy { $0.utf8.count == 32_768 })
            #expect(try await store.verify().findings == [])
        }
    }

    @Test(
        "Names that break the rules are refused",
        arguments: ["", "a b", "ä", "a/b", "a\0", "a:b", "a\n", String(repeating: "x", count: 65)])
    func names(_ name: String) async throws {
        try await withStore { store, _ in
            #expect(try await errorCode { try await store.createUser(named: name) } == .invalidUserName)
            #expect(try await errorCode { try await store.user(named: name) } == .noSuchUser)
            #expect(try await errorCode { try await store.deleteUser(named: name) } == .noSuchUser)
            try await store.createUser(named: "Az09+=,.@_-")
            let policyName = name.utf8.count == 65 ? name + name : name
            #expect(
                try await errorCode {
                    try await store.setUserPolicy(UserFixture.policy, named: policyName, of: "Az09+=,.@_-")
                } == .invalidUserName)
        }
    }

    @Test("A policy is one of the language, of an identity; else the error says where it is not")
    func policies() async throws {
        try await withStore { store, _ in
            try await store.createUser(named: "frank")
            let withPrincipal =
                "{\"Version\":\"2012-10-17\",\n\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\","
                + "\"Resource\":\"*\"}}"
            await #expect {
                try await store.setUserPolicy(withPrincipal, named: "p", of: "frank")
            } throws: { error in
                guard let error = error as? StoreError else { return false }
                return error.code == .malformedPolicy && error.message.contains("line 2, column")
                    && error.message.contains("principal")
            }
            #expect(
                try await errorCode { try await store.setUserPolicy("{", named: "p", of: "frank") }
                    == .malformedPolicy)
            #expect(
                try await errorCode { try await store.setUserPolicy(UserFixture.policy, named: "p", of: "nobody") }
                    == .noSuchUser)
            #expect(try await store.user(named: "frank").policies.isEmpty)
        }
    }

    @Test("There are no more users than the limit, whoever makes them at once")
    func userLimit() async throws {
        let memory = try await MemoryEngine()
        // As if there were as many: only the last few are made.
        try await memory.store.createUser(named: "first")
        memory.engine.users.learn(.init(owners: [:], count: User.countLimit - 3))
        let made = await withTaskGroup(of: Bool.self, returning: Int.self) { group in
            for number in 0..<12 {
                group.addTask {
                    (try? await errorCode { try await memory.store.createUser(named: "u\(number)") }) == .some(nil)
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 3)
        #expect(try await memory.store.listUsers().count == 4)
        #expect(try await errorCode { try await memory.store.createUser(named: "more") } == .limitExceeded)
        let gone = try await memory.store.listUsers()[1].name
        try await memory.store.deleteUser(named: gone)
        #expect(try await errorCode { try await memory.store.createUser(named: "more") } == nil)
    }

    @Test("A locked store tells nothing of users")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        try await store.createUser(named: "gina")
        try await store.close()
        var options = StoreOptions.forTests
        options.keyring = directory.path.appending("no keyring")
        options.whenKeyringMissing = .openLocked
        let locked = try await Store.open(at: directory.store, options: options)
        #expect(try await errorCode { try await locked.listUsers() } == .storeLocked)
        #expect(try await errorCode { try await locked.user(named: "gina") } == .storeLocked)
        #expect(try await errorCode { try await locked.createUser(named: "hal") } == .storeLocked)
        #expect(try await errorCode { try await locked.deleteUser(named: "gina") } == .storeLocked)
        #expect(try await errorCode { try await locked.accessKeySecret("AKIAAAAAAAAAAAAAAAAA") } == .storeLocked)
        try await locked.close()
    }
}
