import Glibc
import StrongroomCrypto
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS
@testable import StrongroomKeys

/// What becomes of keys as time passes.
@Suite struct KeyLifeTests {
    private let folder = TemporaryFolder()
    private let host = ClockedHost()

    private func open(creates: Bool = false) async throws -> KeyService {
        try await KeyService.open(keyring: folder.path.appending("keyring"), creates: creates, host: host)
    }

    @Test(arguments: [7, 30], [false, true])
    func aKeyIsDestroyedOnItsDayAndNotBefore(_ days: Int, _ reopens: Bool) async throws {
        var service = try await open(creates: true)
        let key = try await service.createKey()
        _ = try await service.createAlias("alias/gone", targetKeyID: key.arn)
        let sealed = try await service.generateDataKey(keyID: key.arn).wrapped
        let scheduled = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: days)
        #expect(scheduled.state == .pendingDeletion)
        #expect(scheduled.deletionMilliseconds == host.wallMilliseconds() + Int64(days) * 86_400_000)
        #expect(try await code { _ = try await service.decrypt(sealed) } == .invalidState)
        #expect(try await code { _ = try await service.enableKey(key.arn) } == .invalidState)
        host.pass(days: Double(days) - 0.001)
        if reopens {
            await service.close()
            service = try await open()
        }
        #expect(try await service.describeKey("alias/gone").state == .pendingDeletion)
        host.pass(days: 0.002)
        if reopens {
            await service.close()
            service = try await open()
        }
        #expect(try await code { _ = try await service.describeKey(key.arn) } == .notFound)
        #expect(try await code { _ = try await service.describeKey("alias/gone") } == .notFound)
        #expect(try await code { _ = try await service.cancelKeyDeletion(key.arn) } == .notFound)
        #expect(try await code { _ = try await service.decrypt(sealed) } == .notFound)
        #expect(try await service.status().keyCount == 1)
        #expect(host.logged.contains { $0.contains("DeleteKey of \(key.arn)") })
        await service.close()
        // It is not in the keyring any more either.
        #expect(try await open().listKeys().items.count == 1)
    }

    /// Nobody puts anything under a key that is to go, but what is under it can still be locked.
    @Test func aKeyUnderWhichSomethingWasLockedMeanwhileStays() async throws {
        var service = try await open(creates: true)
        let key = try await service.createKey()
        let generated = try await service.generateDataKey(keyID: key.arn)
        _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: 7)
        let day: Int64 = 86_400_000
        let end = host.wallMilliseconds() + 100 * day
        let place = KeyDependencies.Place(
            store: "/store", bucket: "vault", objectCount: 1, lockedCount: 1, lockedUntilMilliseconds: end)
        host.say(KeyDependencies(places: [place], storeCount: 1, unknown: nil))
        host.pass(days: 8)
        #expect(try await service.describeKey(key.arn).deletionMilliseconds == end + day)
        #expect(try await code { _ = try await service.decrypt(generated.wrapped) } == .invalidState)
        await service.close()
        service = try await open()
        #expect(try await service.describeKey(key.arn).state == .pendingDeletion)
        // A store that cannot tell is no store that has nothing.
        host.say(KeyDependencies(places: [], storeCount: 1, unknown: "It is being counted."))
        host.pass(days: 94)
        let later = try await service.describeKey(key.arn).deletionMilliseconds
        #expect(later == host.wallMilliseconds() + day)
        host.say(KeyDependencies(places: [], storeCount: 1, unknown: nil))
        host.pass(days: 1.01)
        #expect(try await code { _ = try await service.describeKey(key.arn) } == .notFound)
    }

    /// Who holds an old file open, or has another name for it, is the one who could still read the key. The story: of
    /// files that held it, those that other changes had replaced were left as they were.
    @Test(arguments: [false, true]) func aDestroyedKeyIsOverwrittenOnDisk(_ isLinked: Bool) async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey()
        let document = folder.path.appending("keyring").appending("kms").appending("keyring")
        let earlier = try FileDescriptor.open(document, .readOnly)
        defer { try? earlier.close() }
        _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: 7)
        let held = try FileDescriptor.open(document, .readOnly)
        defer { try? held.close() }
        if isLinked {
            // Safe: both names are copied for the length of the call.
            #expect(unsafe link(document.string, folder.path.appending("backup").string) == 0)
        }
        host.pass(days: 8)
        #expect(try await service.status().keyCount == 1)
        for (file, isOverwritten) in [(earlier, true), (held, !isLinked)] {
            var bytes = [UInt8](repeating: 1, count: 64)
            let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            #expect(count == 64 && bytes.allSatisfy { $0 == 0 } == isOverwritten)
        }
        #expect(host.logged.contains { $0.contains("hard link") } == isLinked)
    }

    /// The story: a clock that was a month ahead for a moment destroyed a key, and was no reason to take the deletion
    /// back when it was set right.
    @Test func aClockThatJumpsDestroysNoKey() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey()
        let generated = try await service.generateDataKey(keyID: key.arn)
        _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: 7)
        host.jump(days: 31)
        #expect(try await code { _ = try await service.decrypt(generated.wrapped) } == .invalidState)
        #expect(host.logged.contains { $0.contains("is not destroyed yet") })
        host.jump(days: -31)
        _ = try await service.cancelKeyDeletion(key.arn)
        _ = try await service.enableKey(key.arn)
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        // What time alone brings is no jump, however the clock stood in between.
        _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: 7)
        host.pass(days: 8)
        #expect(try await code { _ = try await service.describeKey(key.arn) } == .notFound)
    }

    @Test func aDeletionThatIsTakenBackLeavesAllThatWasSealed() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey()
        let generated = try await service.generateDataKey(keyID: key.arn)
        let rotation = try await service.enableKeyRotation(key.arn, periodDays: 200)
        _ = try await service.scheduleKeyDeletion(key.keyID)
        // Meanwhile it does not rotate, and says so.
        #expect(try await service.keyRotationStatus(key.arn).periodDays == nil)
        let back = try await service.cancelKeyDeletion(key.keyID)
        #expect(try await service.keyRotationStatus(key.arn) == rotation)
        #expect(back.state == .disabled && back.deletionMilliseconds == nil)
        #expect(try await code { _ = try await service.decrypt(generated.wrapped) } == .disabled)
        _ = try await service.enableKey(key.keyID)
        host.pass(days: 100)
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
    }

    @Test func whatDeletesAKeyMustNameItAndWait() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey()
        _ = try await service.createAlias("alias/moving", targetKeyID: key.arn)
        for days in [-1, 0, 6, 31, 365] {
            #expect(
                try await code { _ = try await service.scheduleKeyDeletion(key.arn, pendingWindowDays: days) }
                    == .validation)
        }
        #expect(try await code { _ = try await service.scheduleKeyDeletion("alias/moving") } == .validation)
        let own = try await service.describeKey()
        #expect(try await code { _ = try await service.scheduleKeyDeletion(own.arn) } == .accessDenied)
        #expect(try await service.describeKey(key.arn) == key)
    }

    @Test(arguments: [90, 365, 2560])
    func aKeyRotatesByItselfWhenItIsTime(_ period: Int) async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey()
        let generated = try await service.generateDataKey(keyID: key.arn)
        #expect(try await service.keyRotationStatus(key.arn).periodDays == nil)
        let status = try await service.enableKeyRotation(key.arn, periodDays: period)
        #expect(status.nextMilliseconds == host.wallMilliseconds() + Int64(period) * 86_400_000)
        host.pass(days: Double(period) - 0.001)
        #expect(try await service.generateDataKey(keyID: key.arn).wrapped.keyVersion == generated.wrapped.keyVersion)
        host.pass(days: 0.002)
        #expect(try await service.generateDataKey(keyID: key.arn).wrapped.keyVersion != generated.wrapped.keyVersion)
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        #expect(try await service.listRotations(key.arn).items.map(\.cause) == [.creation, .automatic])
        // Time that passes while nobody looks makes one rotation, not several.
        await service.close()
        host.pass(days: Double(period) * 3.5)
        let reopened = try await open()
        #expect(try await reopened.describeKey(key.arn).materialCount == 3)
        // Automatic ones do not count against those on demand.
        for _ in 0..<25 { _ = try await reopened.rotateKey(key.arn) }
        #expect(try await code { _ = try await reopened.rotateKey(key.arn) } == .limitExceeded)
        _ = try await reopened.disableKeyRotation(key.arn)
        host.pass(days: Double(period) * 2)
        #expect(try await reopened.describeKey(key.arn).materialCount == 28)
    }

    @Test func aDisabledKeyRotatesOnceItIsEnabled() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey()
        _ = try await service.enableKeyRotation(key.arn, periodDays: 90)
        _ = try await service.disableKey(key.arn)
        host.pass(days: 200)
        #expect(try await service.describeKey(key.arn).materialCount == 1)
        _ = try await service.enableKey(key.arn)
        #expect(try await service.describeKey(key.arn).materialCount == 2)
        for days in [0, 89, 2561] {
            #expect(
                try await code { _ = try await service.enableKeyRotation(key.arn, periodDays: days) } == .validation)
        }
    }

    @Test func tagsAndDescriptionsStay() async throws {
        var service = try await open(creates: true)
        let tags = try [KeyTag(name: "team", value: "blue"), KeyTag(name: "é", value: "")]
        let key = try await service.createKey(description: "one", tags: tags)
        try await service.tagKey(key.arn, with: [try KeyTag(name: "team", value: "red")])
        _ = try await service.updateKeyDescription(key.arn, to: "two")
        await service.close()
        service = try await open()
        #expect(try await service.tags(of: key.arn) == [KeyTag(name: "team", value: "red"), tags[1]])
        #expect(try await service.describeKey(key.arn).keyDescription == "two")
        try await service.untagKey(key.arn, names: ["team", "unknown"])
        #expect(try await service.tags(of: key.arn) == [tags[1]])
        for name in ["", "aws:x", "AWS:x", String(repeating: "a", count: 129)] {
            #expect(throws: KeyServiceError.self) { try KeyTag(name: name, value: "") }
        }
        let many = try (0..<50).map { try KeyTag(name: "tag\($0)", value: "") }
        #expect(try await code { try await service.tagKey(key.arn, with: many) } == .tag)
        #expect(try await code { try await service.tagKey(key.arn, with: [tags[0], tags[0]]) } == .tag)
        #expect(try await service.tags(of: key.arn) == [tags[1]])
    }
}
