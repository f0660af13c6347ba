import StrongroomCrypto
import Testing

@testable import Strongroom

/// Random changes of users and documents in a store that is checkpointed and reopened in between, against a plain
/// model.
@Suite("User model")
struct UserModelTests {
    private struct Model {
        struct User: Equatable {
            var id: String
            var isAdministrator: Bool
            var policies: [String: String] = [:]
            var keys: [Key] = []
        }

        struct Key: Equatable {
            var id: String
            var isActive: Bool
        }

        var users: [String: User] = [:]
        var secrets: [String: String] = [:]
        /// By bucket; a bucket that is not there has no entry.
        var documents: [BucketName: [UInt8: [UInt8]]] = [:]
    }

    private static let names = ["a", "b", "A", "ab", "z@example.com"]
    private static let policyNames = ["p", "q", "r"]
    private static let buckets: [BucketName] = ["bucket-1", "bucket-2", "bucket-3"]

    private struct Driver {
        var model = Model()
        var generator: SeededGenerator
        var deletedKeys: [String] = []

        mutating func step(_ store: Store) async throws {
            let name = UserModelTests.names.randomElement(using: &generator)!
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<12: try await create(name, store)
            case 12..<17: try await delete(name, store)
            case 17..<27: try await administrator(name, store)
            case 27..<42: try await policy(name, store)
            case 42..<56: try await makeKey(name, store)
            case 56..<66: try await switchKey(name, store)
            case 66..<74: try await dropKey(name, store)
            case 74..<92: try await document(store)
            default: try await toggleBucket(store)
            }
        }

        private func expect(
            _ expected: StoreError.Code?, _ call: () async throws -> Void
        ) async throws {
            #expect(try await errorCode { try await call() } == expected)
        }

        private mutating func create(_ name: String, _ store: Store) async throws {
            let isAdministrator = Bool.random(using: &generator)
            guard model.users[name] == nil else {
                return try await expect(.userAlreadyExists) { _ = try await store.createUser(named: name) }
            }
            let made = try await store.createUser(named: name, isAdministrator: isAdministrator)
            #expect(!model.users.values.contains { $0.id == made.id })
            model.users[name] = .init(id: made.id, isAdministrator: isAdministrator)
        }

        private mutating func delete(_ name: String, _ store: Store) async throws {
            try await expect(model.users[name] == nil ? .noSuchUser : nil) {
                _ = try await store.deleteUser(named: name)
            }
            deletedKeys += model.users[name]?.keys.map(\.id) ?? []
            model.users[name] = nil
        }

        private mutating func administrator(_ name: String, _ store: Store) async throws {
            let value = Bool.random(using: &generator)
            try await expect(model.users[name] == nil ? .noSuchUser : nil) {
                _ = try await store.setAdministrator(value, of: name)
            }
            model.users[name]?.isAdministrator = value
        }

        private mutating func policy(_ name: String, _ store: Store) async throws {
            let policyName = UserModelTests.policyNames.randomElement(using: &generator)!
            let number = Int.random(in: 0..<4, using: &generator)
            let document = number == 0 ? nil : UserFixture.policy(number)
            try await expect(model.users[name] == nil ? .noSuchUser : nil) {
                _ = try await store.setUserPolicy(document, named: policyName, of: name)
            }
            model.users[name]?.policies[policyName] = document
        }

        private mutating func makeKey(_ name: String, _ store: Store) async throws {
            guard let user = model.users[name], user.keys.count < Strongroom.User.accessKeyLimit else {
                return try await expect(model.users[name] == nil ? .noSuchUser : .limitExceeded) {
                    _ = try await store.createAccessKey(of: name)
                }
            }
            let key = try await store.createAccessKey(of: name)
            model.users[name]?.keys.append(.init(id: key.id, isActive: true))
            model.secrets[key.id] = try UserFixture.text(key.secret)
        }

        private mutating func switchKey(_ name: String, _ store: Store) async throws {
            guard let index = model.users[name]?.keys.indices.randomElement(using: &generator) else { return }
            let isActive = Bool.random(using: &generator)
            try await store.setAccessKey(model.users[name]!.keys[index].id, of: name, isActive: isActive)
            model.users[name]?.keys[index].isActive = isActive
        }

        private mutating func dropKey(_ name: String, _ store: Store) async throws {
            guard let index = model.users[name]?.keys.indices.randomElement(using: &generator),
                let key = model.users[name]?.keys.remove(at: index)
            else { return }
            try await store.deleteAccessKey(key.id, of: name)
            deletedKeys.append(key.id)
        }

        private mutating func document(_ store: Store) async throws {
            let bucket = UserModelTests.buckets.randomElement(using: &generator)!
            let kind = UInt8.random(in: 1...6, using: &generator)
            let size = [0, 1, 100, 20_000].randomElement(using: &generator)!
            let bytes = Int.random(in: 0..<4, using: &generator) == 0 ? nil : generator.bytes(size)
            try await expect(model.documents[bucket] == nil ? .noSuchBucket : nil) {
                _ = try await store.bucket(bucket).setDocument(bytes, BucketDocumentKind(rawValue: kind))
            }
            model.documents[bucket]?[kind] = bytes
        }

        private mutating func toggleBucket(_ store: Store) async throws {
            let bucket = UserModelTests.buckets.randomElement(using: &generator)!
            if model.documents.removeValue(forKey: bucket) != nil {
                try await store.deleteBucket(bucket)
            } else {
                try await store.createBucket(bucket)
                model.documents[bucket] = [:]
            }
        }

        /// All that the store says is what the model says.
        mutating func check(_ store: Store) async throws {
            let users = try await store.listUsers()
            #expect(users.map(\.name) == model.users.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            for user in users {
                let found = Model.User(
                    id: user.id, isAdministrator: user.isAdministrator, policies: user.policies,
                    keys: user.accessKeys.map { .init(id: $0.id, isActive: $0.isActive) })
                #expect(found == model.users[user.name])
                #expect(try await store.user(named: user.name) == user)
                for key in user.accessKeys {
                    let told = try #require(try await store.accessKeySecret(key.id))
                    #expect(told.user == user && told.key == key)
                    #expect(try UserFixture.text(told.secret) == model.secrets[key.id])
                }
            }
            for id in deletedKeys.suffix(10) { #expect(try await store.accessKeySecret(id) == nil) }
            for (bucket, documents) in model.documents {
                for kind in UInt8(1)...6 {
                    let found = try await store.bucket(bucket).document(BucketDocumentKind(rawValue: kind))
                    #expect(found == documents[kind])
                }
            }
        }
    }

    @Test("The store has the users and documents that the model has", arguments: UInt64(1)...6)
    func random(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        var driver = Driver(generator: SeededGenerator(seed: seed))
        for round in 0..<6 {
            let store = try await Store.open(at: directory.store, options: .forTests)
            try await driver.check(store)
            for step in 0..<60 {
                try await driver.step(store)
                if step.isMultiple(of: 20) { try await driver.check(store) }
                if step == 30, round.isMultiple(of: 2) { try await store.checkpoint() }
            }
            try await driver.check(store)
            #expect(try await store.verify().findings == [])
            try await store.close()
        }
    }

    @Test("Changes that come at once are all made, one after the other")
    func concurrent() async throws {
        try await withStore { store, _ in
            try await store.createUser(named: "shared")
            let bucket = try await store.createBucket("bucket")
            try await withThrowingTaskGroup { group in
                for number in 0..<8 {
                    group.addTask {
                        let policyName = "p\(number)"
                        for round in 0..<10 {
                            try await store.setUserPolicy(
                                UserFixture.policy(round), named: policyName, of: "shared")
                            let kind = BucketDocumentKind(rawValue: UInt8(number + 1))
                            try await bucket.setDocument([UInt8(round)], kind)
                            // Nobody else writes this one.
                            #expect(try await bucket.document(kind) == [UInt8(round)])
                            #expect(
                                try await store.user(named: "shared").policies[policyName]
                                    == UserFixture.policy(round))
                        }
                        if number < 4 { _ = try await store.createAccessKey(of: "shared") }
                    }
                }
                try await group.waitForAll()
            }
            let user = try await store.user(named: "shared")
            #expect(user.policies.count == 8 && user.policies.values.allSatisfy { $0 == UserFixture.policy(9) })
            #expect(user.accessKeys.count == 4)
            for key in user.accessKeys { #expect(try await store.accessKeySecret(key.id)?.user == user) }
        }
    }
}
