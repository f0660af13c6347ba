import CStrongroomKeyBackend
import Glibc
import Synchronization
import Testing

@testable import StrongroomGlacierKeys
@testable import StrongroomKeys

/// What hangs on a key, asked of the host through the contract.
@Suite("Key dependencies") struct KeyDependenciesTests {
    private static let places: [KeyDependencies.Place] = [
        .init(store: "/a", bucket: "plain", objectCount: 5, uploadCount: 2, bytes: 500),
        .init(
            store: "/b", bucket: "va\"ult", objectCount: 3, bytes: 30, lockedCount: 2,
            lockedUntilMilliseconds: 1_900_000_000_000),
        .init(
            store: "/a", bucket: "old", objectCount: 1, bytes: 1, lockedCount: 1,
            lockedUntilMilliseconds: 1_800_000_000_000),
    ]

    /// What a backend is told that asks the host.
    private static func answer(of host: any KeyBackendHost) async throws -> KeyDependencies? {
        let told = Told()
        let instance = try await ScriptedBackend.open(host: host) { (_, host) throws(KeyBackendError) in
            ScriptedBackend(
                host: host,
                controlAnswer: { (request) throws(KeyBackendError) in
                    let found = await host.dependencies(on: "arn:é", version: "7")
                    told.found.withLock { $0 = found }
                    return found.json.encoded()
                })
        }
        _ = try await instance.control(ControlRequest(json: Array("{}".utf8)))
        try await instance.close()
        return told.found.withLock { $0 }
    }

    private final class Told: Sendable {
        let found = Mutex<KeyDependencies?>(nil)
    }

    @Test func whatTheStoresSayComesAcross() async throws {
        let host = AskedHost(KeyDependencies(places: Self.places, storeCount: 2, unknown: nil))
        let found = try #require(try await Self.answer(of: host.host))
        #expect(found == host.answer && found.isKnown)
        #expect(host.asked.withLock { $0 } == ["arn:é", "7"])
        #expect(found.objectCount == 9 && found.uploadCount == 2 && found.bytes == 531 && found.lockedCount == 3)
        #expect(found.lockedUntilMilliseconds == 1_900_000_000_000)
        #expect(found.places.map(\.bucket) == ["va\"ult", "old", "plain"])
    }

    @Test func whatIsKnownInPartIsNotKnown() async throws {
        let partly = KeyDependencies(places: Self.places, storeCount: 2, unknown: "One store is being opened.")
        let host = ProcessKeyBackendHost(log: { _, _ in }, stores: { _, _ in partly })
        #expect(try await Self.answer(of: host) == partly)
        #expect(!partly.isKnown)
        // None open is not nothing.
        #expect(!KeyDependencies(places: [], storeCount: 0, unknown: nil).isKnown)
        #expect(KeyDependencies(places: [], storeCount: 1, unknown: nil).isKnown)
    }

    @Test func aLockWhoseEndIsNotKnownComesAcross() async throws {
        let place = KeyDependencies.Place(store: "/a", bucket: "vault", objectCount: 1, lockedCount: 1)
        let host = AskedHost(KeyDependencies(places: [place], storeCount: 1, unknown: nil))
        #expect(try await Self.answer(of: host.host) == host.answer)
    }

    @Test func sumsThatAreTooLargeStayAtTheLargest() {
        let huge = KeyDependencies.Place(
            store: "/a", bucket: "b", objectCount: .max, uploadCount: .max - 1, bytes: .max, lockedCount: .max)
        let small = KeyDependencies.Place(
            store: "/a", bucket: "c", objectCount: 1, uploadCount: 1, bytes: 2, lockedCount: 3)
        let both = KeyDependencies(places: [huge, small, small], storeCount: 1, unknown: nil)
        #expect([both.objectCount, both.uploadCount, both.bytes, both.lockedCount] == [.max, .max, .max, .max])
    }

    @Test func anAnswerThatIsTooShortIsNotReadPastItsEnd() throws {
        let pageSizeBytes = Int(getpagesize())
        let pages = unsafe try #require(
            mmap(nil, 2 * pageSizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { unsafe munmap(pages, 2 * pageSizeBytes) }
        // Whoever reads on ends the process.
        try #require(unsafe mprotect(pages + pageSizeBytes, pageSizeBytes, PROT_NONE) == 0)
        let answer = unsafe pages + pageSizeBytes - 8
        unsafe answer.storeBytes(of: 8, as: UInt64.self)
        let found = unsafe KeyDependencies(
            UnsafePointer(answer.assumingMemoryBound(to: strongroom_key_dependencies.self)))
        #expect(!found.isKnown && found.storeCount == 1 && found.unknown?.contains("cannot be read") == true)
    }

    @Test func aHostWithoutStoresDoesNotKnow() async throws {
        let found = try #require(try await Self.answer(of: ProcessKeyBackendHost.silent))
        #expect(!found.isKnown && found.storeCount == 0 && found.unknown?.contains("without a store") == true)
        // A host that was written before the question: the protocol's own answer.
        #expect(await !SeededHost().dependencies(on: "key", version: nil).isKnown)
    }

    @Test func aHostOfAnOlderMinorDoesNotKnow() async throws {
        let table = UnsafeMutablePointer<strongroom_key_host>.allocate(capacity: 1)
        unsafe table.initialize(to: HostTable.pointer.pointee)
        defer { unsafe table.deallocate() }
        unsafe table.pointee.abi_minor = 1
        unsafe table.pointee.size = 80
        let host = try unsafe ModuleHost(table, 4_711)
        let found = await host.dependencies(on: "key", version: nil)
        #expect(!found.isKnown && found.unknown?.contains("older version") == true)
        unsafe table.pointee.size = 79
        #expect(throws: KeyBackendError.self) { try unsafe ModuleHost(table, 4_711) }
    }

    @Test func badQuestionsAreAnsweredOnceAndSayNothing() async throws {
        let long = [UInt8](repeating: 0x61, count: 3_000)
        for (key, version) in [
            ([], []), (long, []), ([0x61], long), ([0xFF, 0xFE], []), (Array("of no instance".utf8), []),
        ] as [([UInt8], [UInt8])] {
            let isKnown = await withCheckedContinuation { (continuation: CheckedContinuation<UInt32, Never>) in
                let user = unsafe Unmanaged.passRetained(Once(continuation)).toOpaque()
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe version.withUnsafeBufferPointer { version in
                        unsafe HostTable.pointer.pointee.key_dependencies(
                            0, strongroom_key_bytes(data: key.baseAddress, size: UInt64(key.count)),
                            strongroom_key_bytes(data: version.baseAddress, size: UInt64(version.count)),
                            { user, answer in
                                unsafe Unmanaged<Once>.fromOpaque(user!).takeRetainedValue().continuation
                                    .resume(returning: answer!.pointee.is_known)
                            }, user)
                    }
                }
            }
            #expect(isKnown == 0)
        }
    }

    private final class Once: Sendable {
        let continuation: CheckedContinuation<UInt32, Never>
        init(_ continuation: CheckedContinuation<UInt32, Never>) { self.continuation = continuation }
    }

    @Test func theRefusalCrossesTheContract() {
        #expect(KeyBackendError.Code.keyInUse.status == Int32(STRONGROOM_KEY_E_KEY_IN_USE))
        #expect(KeyBackendError.Code(status: 21) == .keyInUse)
    }

    // MARK: - Archive keys

    @Test func anEpochUnderWhichSomethingIsLockedStays() async throws {
        let archive = GlacierTestArchive()
        let host = AskedHost(
            KeyDependencies(places: Self.places, storeCount: 2, unknown: "Others do not tell."))
        let instance = try await archive.open(creates: true, host: host.host)
        let keys = ArchiveKeys(instance)
        let sealed = try await keys.seal([1, 2, 3], boundTo: [4])
        _ = try await keys.rotateEpoch()
        // Nothing overrides it, and what is known suffices.
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await keys.destroyEpoch(
                1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
        }
        #expect(error?.code == .keyInUse)
        #expect(
            error?.message.contains("\"va\\\"ult\"") == true && error?.message.contains("2030-03-17T17:46:40Z") == true)
        #expect(host.asked.withLock { $0 } == [GlacierKeys.keyID, "1"])
        #expect(try await keys.open(sealed.bytes, boundTo: [4]) == [1, 2, 3])
        try await instance.close()
    }

    /// While the stores are asked, the epoch must not be one that still seals: the answer would be too old.
    @Test func anEpochThatEndsWhileStoresAreAskedStays() async throws {
        let archive = GlacierTestArchive()
        let opened = Mutex<ArchiveKeys?>(nil)
        let askedCount = Mutex(0)
        let host = ProcessKeyBackendHost(
            log: { _, _ in },
            stores: { _, _ in
                askedCount.withLock { $0 += 1 }
                _ = try? await opened.withLock { $0 }?.rotateEpoch()
                return KeyDependencies(places: [], storeCount: 1, unknown: nil)
            })
        let instance = try await archive.open(creates: true, host: host)
        let keys = ArchiveKeys(instance)
        opened.withLock { $0 = keys }
        let sealed = try await keys.seal([1, 2, 3], boundTo: [4])
        let current = await #expect(throws: KeyBackendError.self) {
            _ = try await keys.destroyEpoch(1, confirmation: try archive.confirmation(1))
        }
        #expect(current?.code == .invalidKeyState && askedCount.withLock { $0 } == 0)
        #expect(try await keys.open(sealed.bytes, boundTo: [4]) == [1, 2, 3])

        _ = try await keys.rotateEpoch()
        _ = try await keys.destroyEpoch(1, confirmation: try archive.confirmation(1))
        let gone = await #expect(throws: KeyBackendError.self) {
            _ = try await keys.destroyEpoch(1, confirmation: try archive.confirmation(1))
        }
        #expect(gone?.code == .keyNotFound && askedCount.withLock { $0 } == 1)
        opened.withLock { $0 = nil }
        try await instance.close()
    }

    @Test func whatNobodyKnowsMustBeAccepted() async throws {
        let archive = GlacierTestArchive()
        let instance = try await archive.open(creates: true)
        let keys = ArchiveKeys(instance)
        let sealed = try await keys.seal([1, 2, 3], boundTo: [4])
        _ = try await keys.rotateEpoch()
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await keys.destroyEpoch(1, confirmation: try archive.confirmation(1))
        }
        #expect(error?.code == .invalidRequest && error?.message.contains("acceptUnknownDependencies") == true)
        #expect(try await keys.open(sealed.bytes, boundTo: [4]) == [1, 2, 3])
        let request =
            #"{"operation":"destroy-epoch","epoch":1,"confirm":"\#(try archive.confirmation(1))","#
            + #""acceptUnknownDependencies":true}"#
        let answer = try JSONValue.object(
            parsing: try await instance.control(ControlRequest(json: Array(request.utf8))))
        guard case .object(let dependencies)? = answer["dependencies"] else {
            Issue.record("\(answer)")
            return
        }
        #expect(dependencies["isKnown"] == .boolean(false) && dependencies["storeCount"] == .number("0"))
        try await instance.close()
    }

    @Test func anEpochUnderWhichNothingIsLockedGoes() async throws {
        let archive = GlacierTestArchive()
        let host = ProcessKeyBackendHost(
            log: { _, _ in },
            stores: { _, _ in KeyDependencies(places: [Self.places[0]], storeCount: 1, unknown: nil) })
        let instance = try await archive.open(creates: true, host: host)
        let keys = ArchiveKeys(instance)
        _ = try await keys.rotateEpoch()
        let gone = try await keys.destroyEpoch(1, confirmation: try archive.confirmation(1))
        #expect(gone.receipt.epoch == 1)
        try await instance.close()
    }
}

/// A host whose stores answer what they are told to, and that remembers the last question.
private final class AskedHost: Sendable {
    let answer: KeyDependencies
    let asked = Mutex<[String?]>([])

    init(_ answer: KeyDependencies) { self.answer = answer }

    var host: ProcessKeyBackendHost {
        ProcessKeyBackendHost(
            log: { _, _ in },
            stores: { [self] key, version in
                asked.withLock { $0 = [key, version] }
                return answer
            })
    }
}
