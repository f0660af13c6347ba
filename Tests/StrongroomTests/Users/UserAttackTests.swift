import StrongroomCrypto
import StrongroomStorage
import SystemPackage
import Testing

@testable import Strongroom

/// Someone has the disk and not the keys: they learn no secret and no policy, and make nobody somebody else.
@Suite("Attacks on users")
struct UserAttackTests {
    private static func refuses(
        _ memory: MemoryEngine, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(
            try await errorCode { try await memory.store.user(named: name) } == .damaged,
            sourceLocation: sourceLocation)
    }

    @Test("Each bit that is flipped, and each byte that is missing or too many, is damage and never another user")
    func alteredRow() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createUser(named: "alice")
        try await memory.store.setUserPolicy(UserFixture.policy, named: "p", of: "alice")
        let key = try await memory.store.createAccessKey(of: "alice")
        let rowKey = RowKey.user("alice")
        let value = try #require(try await memory.value(rowKey))
        for index in value.indices {
            var altered = value
            altered[index] ^= 1 << UInt8(index & 7)
            try await memory.overwrite(rowKey, value: altered)
            try await Self.refuses(memory, "alice")
            #expect(try await errorCode { try await memory.store.accessKeySecret(key.id) } == .damaged)
        }
        for altered: [UInt8] in [[], [1], Array(value.dropLast()), value + [0], [2] + value.dropFirst()] {
            try await memory.overwrite(rowKey, value: altered)
            try await Self.refuses(memory, "alice")
            #expect(try await errorCode { try await memory.store.setAdministrator(true, of: "alice") } == .damaged)
            #expect(try await errorCode { try await memory.store.listUsers() } == .damaged)
        }
        let report = try await memory.store.verify()
        #expect(report.findings.map(\.place) == ["user \"alice\""])
        // Whose keys cannot be read has none; and such a user can still be deleted.
        let reopened = try await memory.afterCrash()
        #expect(try await reopened.store.accessKeySecret(key.id) == nil)
        #expect(try await errorCode { try await reopened.store.createUser(named: "alice") } == .userAlreadyExists)
        try await reopened.store.deleteUser(named: "alice")
        #expect(try await reopened.store.verify().findings == [])
        #expect(try await reopened.store.createUser(named: "alice").accessKeys == [])
    }

    @Test("A row under another name is nobody's, whatever stood there")
    func swappedRows() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createUser(named: "root", isAdministrator: true)
        try await memory.store.createUser(named: "guest")
        let key = try await memory.store.createAccessKey(of: "guest")
        let root = try #require(try await memory.value(RowKey.user("root")))
        let guest = try #require(try await memory.value(RowKey.user("guest")))
        try await memory.overwrite(RowKey.user("guest"), value: root)
        try await memory.overwrite(RowKey.user("root"), value: guest)
        try await memory.overwrite(RowKey.user("new"), value: root)
        for name in ["root", "guest", "new"] { try await Self.refuses(memory, name) }
        let found = try await memory.afterCrash()
        #expect(try await found.store.accessKeySecret(key.id) == nil)
        #expect(try await memory.store.verify().findings.count == 3)
        // Nor is what is no user's row.
        let bucket = try await memory.store.createBucket("bucket")
        try await bucket.setDocument(UserRow.none.encoded(), .policy)
        let document = RowKey.bucketDocument(try memory.engine.bucket("bucket").row.uid, .policy)
        try await memory.overwrite(RowKey.user("root"), value: try #require(try await memory.value(document)))
        try await Self.refuses(memory, "root")
        try await memory.overwrite(document, value: root)
        #expect(
            try await errorCode { try await memory.afterCrash().store.bucket("bucket").document(.policy) } == .damaged)
    }

    @Test("A secret under another key's id or another user does not open, even for whoever seals rows")
    func transplantedSecret() async throws {
        let memory = try await MemoryEngine()
        let keys = try memory.engine.unlockedKeys()
        for name in ["root", "guest"] { try await memory.store.createUser(named: name) }
        let rootKey = try await memory.store.createAccessKey(of: "root")
        let guestKey = try await memory.store.createAccessKey(of: "guest")
        let guestValue = try #require(try await memory.value(RowKey.user("guest")))
        let sealed = try keys.userRow(guestValue, "guest").keys[0].sealedSecret
        let rootValue = try #require(try await memory.value(RowKey.user("root")))
        var row = try keys.userRow(rootValue, "root")
        row.keys[0].sealedSecret = sealed
        row.keys.append(.init(id: guestKey.id, createdMilliseconds: 0, isActive: true, sealedSecret: sealed))
        let forged = try keys.sealedRows.seal(
            row.encoded(), rowKey: RowKey.user("root"), random: memory.engine.random)
        try await memory.overwrite(RowKey.user("root"), value: forged)
        try await memory.store.deleteUser(named: "guest")
        let found = try await memory.afterCrash()
        for id in [rootKey.id, guestKey.id] {
            #expect(try await errorCode { try await found.store.accessKeySecret(id) } == .damaged)
        }
        #expect(try await found.store.verify().findings.count == 2)
    }

    @Test("The same user is never sealed to the same bytes twice")
    func freshSalts() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createUser(named: "alice")
        var values: Set<[UInt8]> = []
        for number in 0..<20 {
            try await memory.store.setAdministrator(number.isMultiple(of: 2), of: "alice")
            let value = try #require(try await memory.value(RowKey.user("alice")))
            #expect(values.insert(Array(value.dropFirst().prefix(24))).inserted)
        }
    }

    @Test("Neither secrets nor policies nor ids stand in any file, whenever one looks")
    func files() async throws {
        try await withStore { store, directory in
            let bucket = try await store.createBucket("bucket")
            var texts = ["canary-7f1c", "arn:aws:s3:::bucket"]
            var canaries: [Canary] = []
            for name in ["alice", "bob"] {
                let id = try await store.createUser(named: name).id
                try await store.setUserPolicy(UserFixture.policy, named: "canary-7f1c", of: name)
                for _ in 0..<3 {
                    let key = try await store.createAccessKey(of: name)
                    canaries.append(try Canary(key.secret.bytes))
                    texts.append(key.id)
                }
                texts.append(id)
            }
            try await bucket.setDocument(Array("canary-7f1c".utf8), .policy)
            func expectNothing(_ when: String) throws {
                for file in try directory.files() {
                    let contents = try directory.contents(of: file)
                    for canary in canaries { #expect(!canary.isIn(contents), "\(file) \(when)") }
                    for text in texts { #expect(contents.firstRange(of: text.utf8) == nil, "\(file) \(when)") }
                }
            }
            try expectNothing("before a checkpoint")
            try await store.checkpoint()
            try await store.deleteUser(named: "alice")
            try await bucket.setDocument(nil, .policy)
            try await store.checkpoint()
            try await store.backUp(to: directory.path.appending("backups"))
            try await store.close()
            try expectNothing("when the store is closed")
        }
    }

    @Test("No secret stays in memory that is dumped, however it is used")
    func dumpableMemory() async throws {
        try await withStore { store, _ in
            try await store.createUser(named: "alice")
            let key = try await store.createAccessKey(of: "alice")
            let canary = try Canary(key.secret.bytes)
            try await store.setUserPolicy(UserFixture.policy, named: "p", of: "alice")
            try await store.checkpoint()
            for _ in 0..<10 {
                let found = try await store.accessKeySecret(key.id)
                #expect(try found?.secret.bytes.isEqual(to: key.secret.bytes) == true)
            }
            #expect(try await store.verify().findings == [])
            #expect(try !DumpableMemory.contains(canary))
        }
    }
}

extension UserRow {
    fileprivate static let none = UserRow(
        id: "AIDAAAAAAAAAAAAAAAAA", createdMilliseconds: 0, lsn: 1, isAdministrator: true)
}
