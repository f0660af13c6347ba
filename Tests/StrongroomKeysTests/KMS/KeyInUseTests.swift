import StrongroomCrypto
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomKMS
@testable import StrongroomKeys

/// Keys on which something hangs, when they are to go.
@Suite("Keys in use") struct KeyInUseTests {
    private let folder = TemporaryFolder()

    private final class Stores: Sendable {
        let answer = Mutex(KeyDependencies.unknown("Nobody."))
        let asked = Mutex<[String]>([])

        var host: ProcessKeyBackendHost {
            ProcessKeyBackendHost(
                log: { _, _ in },
                stores: { [self] key, version in
                    asked.withLock { $0.append(key + (version ?? "")) }
                    return answer.withLock { $0 }
                })
        }

        func say(locked: UInt64, until: Int64? = nil) {
            let place = KeyDependencies.Place(
                store: "/store", bucket: "vault", objectCount: 3, bytes: 30, lockedCount: locked,
                lockedUntilMilliseconds: until)
            answer.withLock { $0 = KeyDependencies(places: [place], storeCount: 1, unknown: nil) }
        }
    }

    @Test func deletionIsRefusedWhileSomethingIsLocked() async throws {
        let stores = Stores()
        let service = try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, host: stores.host)
        let key = try await service.createKey()
        stores.say(locked: 2, until: 1_900_000_000_000)
        let error = await #expect(throws: KeyServiceError.self) {
            _ = try await service.scheduleKeyDeletion(key.keyID)
        }
        #expect(error?.code == .keyInUse)
        #expect(error?.message.contains("\"vault\"") == true && error?.message.contains("2030-03-17T17:46:40Z") == true)
        #expect(KeyBackendError(try #require(error)).code == .keyInUse)
        #expect(try await service.describeKey(key.keyID).state == .enabled)
        // By its ARN, as objects name it, and for all of its materials.
        #expect(stores.asked.withLock { $0 } == [key.arn])

        stores.say(locked: 0)
        let (scheduled, found) = try await service.schedulingKeyDeletion(key.arn, pendingWindowDays: 7, as: .root)
        #expect(scheduled.state == .pendingDeletion && found.isKnown && found.objectCount == 3)
        await service.close()
    }

    @Test func whereNobodyCanBeAskedTheAnswerSaysSo() async throws {
        let service = try await KeyService.open(keyring: folder.path.appending("keyring"), creates: true)
        let key = try await service.createKey()
        let (scheduled, found) = try await service.schedulingKeyDeletion(key.keyID, pendingWindowDays: 7, as: .root)
        #expect(scheduled.state == .pendingDeletion && !found.isKnown && found.storeCount == 0)
        guard case .object(let members) = found.json else { return }
        #expect(members["isKnown"] == .boolean(false) && members["unknown"] != nil)
        await service.close()
    }

    @Test func importedMaterialStaysWhileSomethingIsLocked() async throws {
        let stores = Stores()
        let service = try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, host: stores.host)
        let key = try await service.createKey(origin: .external)
        _ = try await service.importKeyMaterial(into: key.keyID, try SecretBytes.random(count: 32))
        stores.say(locked: 1, until: 1_900_000_000_000)
        let error = await #expect(throws: KeyServiceError.self) {
            _ = try await service.deleteImportedKeyMaterial(of: key.keyID)
        }
        #expect(error?.code == .keyInUse)
        #expect(try await service.describeKey(key.keyID).state == .enabled)
        stores.say(locked: 0)
        let imported = try await service.describeKey(key.keyID).currentMaterialID
        let (deleted, materialID, found) = try await service.deletingImportedKeyMaterial(of: key.keyID, as: .root)
        #expect(deleted.state == .pendingImport && materialID == imported && found?.objectCount == 3)
        await service.close()
    }

    /// What is found names buckets: whoever may not delete the key is not told.
    @Test func whoMayNotDeleteTheKeyIsToldNothing() async throws {
        let stores = Stores()
        let service = try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, host: stores.host)
        let key = try await service.createKey()
        stores.say(locked: 1, until: 1_900_000_000_000)
        let eve = Caller(principal: "arn:aws:iam::999999999999:user/eve", account: "999999999999")
        let error = await #expect(throws: KeyServiceError.self) {
            _ = try await service.scheduleKeyDeletion(key.keyID, as: KeyRequester(eve))
        }
        #expect(error?.code == .accessDenied && stores.asked.withLock { $0.isEmpty })
        await service.close()
    }
}
