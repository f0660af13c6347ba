import Foundation
import StrongroomCrypto
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// What concerns the whole process runs in one of its own: limits, forks, and traps.
@Suite struct SecretMemoryProcessTests {
    /// Gives up root's privilege to lock without limit, then sets the limit.
    private static func limitLockedMemory(toBytes limit: UInt) {
        if geteuid() == 0 { precondition(setuid(65534) == 0) }
        var both = rlimit(rlim_cur: limit, rlim_max: limit)
        precondition(unsafe setrlimit(__rlimit_resource_t(UInt32(8)), &both) == 0)
    }

    @Test func tenThousandKeysFitTheUsualLimit() async {
        await #expect(processExitsWith: .success) {
            Self.limitLockedMemory(toBytes: 8 << 20)
            let keys = try (0..<10_000).map { _ in SharedSecret(try SecretBytes.random(count: 32)) }
            let statistics = SecretMemory.statistics
            #expect(statistics.liveCount >= keys.count)
            #expect(statistics.unlockedBytes == 0)
            #expect(statistics.lockedBytes <= 64 * keys.count, "\(statistics.lockedBytes) bytes")
        }
    }

    /// Whoever had a key service open some hundred plaintexts at once took all locked memory: of 4081 bytes on, each
    /// secret had 64 KiB to itself.
    @Test func eightHundredOfEightKibibytesFitTheUsualLimit() async {
        await #expect(processExitsWith: .success) {
            Self.limitLockedMemory(toBytes: 8 << 20)
            let secrets = try [4_081, 4_096, 5_464, 8_176].flatMap { count in
                try (0..<200).map { _ in SharedSecret(try SecretBytes.random(count: count)) }
            }
            let statistics = SecretMemory.statistics
            #expect(statistics.unlockedBytes == 0)
            #expect(statistics.lockedBytes <= 8_192 * secrets.count, "\(statistics.lockedBytes) bytes")
        }
    }

    @Test(.disabled(if: Sanitizer.isThere, "sanitizers lock no memory"))
    func whatCannotBeLockedIsRefusedUntilAllowed() async {
        await #expect(processExitsWith: .success) {
            Self.limitLockedMemory(toBytes: 0)
            do throws(SecretMemoryError) {
                _ = try SecretBytes.random(count: 32)
                Issue.record("a key in memory that may be swapped out")
            } catch {
                #expect(error.code == .cannotLock)
                #expect(error.message.contains("RLIMIT_MEMLOCK is 0 bytes"))
                #expect(error.message.contains("ulimit -l"))
                #expect(error.message.contains("allowUnlocked()"))
            }
            SecretMemory.allowUnlocked()
            let key = try SecretBytes.random(count: 32)
            #expect(try exposed(key).contains { $0 != 0 })
            #expect(SecretMemory.statistics.lockedBytes == 0)
            #expect(SecretMemory.statistics.unlockedBytes > 0)
        }
    }

    @Test func releasedSecretsAreZeroed() async {
        await #expect(processExitsWith: .success) {
            for count in [32, 100, 4000, 8176, SecretBytes.countMaximum] {
                let address = try {
                    let key = try secret([UInt8](repeating: 0xA5, count: count))
                    return try key.withBytes { unsafe $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
                }()
                // Nothing else runs here that could have taken the slot since.
                let released = unsafe UnsafeRawBufferPointer(
                    start: UnsafeRawPointer(bitPattern: address), count: count)
                let isZeroed = unsafe released.allSatisfy { $0 == 0 }
                #expect(isZeroed, "\(count) bytes")
            }
            #expect(SecretMemory.statistics.liveCount == 0)
        }
    }

    /// A body that throws must not leave its half-made secret behind.
    @Test func secretsThatFailedAreReleased() async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<100 {
                do throws(SealError) {
                    _ = try SecretBytes(count: 32) { (_) throws(SealError) in throw SealError(.cryptoFailure, "") }
                } catch {
                    #expect(error.code == .cryptoFailure)
                }
            }
            #expect(SecretMemory.statistics.liveCount == 0)
        }
    }

    @Test func aDamagedCanaryTraps() async {
        await #expect(processExitsWith: .failure) {
            let key = try SecretBytes.random(count: 32)
            try key.withBytes { bytes in
                unsafe bytes.withUnsafeBytes { bytes in
                    let page = UInt(bitPattern: bytes.baseAddress) & ~4095
                    unsafe UnsafeMutableRawPointer(bitPattern: page)!.storeBytes(of: 0x4141, as: UInt64.self)
                }
            }
            _ = try? key.copy()
            exit(0)
        }
    }

    /// The kernel wipes the pages in a forked child. Were their zeros taken for keys, everything the
    /// child writes would be sealed under zeros; were a cipher used on, under nonces used twice.
    @Test func afterAForkEveryOperationThrows() async {
        await #expect(processExitsWith: .success) { try Self.useSecretsInAForkedChild() }
    }

    private static func useSecretsInAForkedChild() throws {
        let key = try SecretBytes.random(count: 32)
        let authenticator = try MessageAuthenticator(key: key)
        var sealer = try StreamSealer(.aes256GCM, key: key, context: [], random: SystemRandom())
        let sealed = try SealedStream.seal([1, 2, 3], .aes256GCM, key: key, context: [], random: SystemRandom())
        var reader = try StreamReader(
            StreamOpener(.aes256GCM, key: key, context: [], header: unsafe sealed.span.bytes.extracting(first: 56)))
        let child = fork()
        if child == 0 {
            var output: [UInt8] = []
            let some = [UInt8](repeating: 0, count: 20_000)
            let results = [
                isWiped { _ = try key.copy() },
                isWiped { _ = try key.isEqual(to: key) },
                isWiped { _ = try SecretBytes.random(count: 32) },
                isWiped { _ = try authenticator.code(for: [1]) },
                isWiped { try sealer.append(unsafe some.span.bytes, to: &output) },
                isWiped { try sealer.finish(to: &output) },
                isWiped { try reader.append(unsafe some.span.bytes, to: &output) },
                isWiped { _ = try SealedStream.open(sealed, .aes256GCM, key: key, context: []) },
                isWiped { try SecretMemory.checkNotForked() },
                output.isEmpty,
            ]
            _exit(results.allSatisfy(\.self) ? 42 : 1)
        }
        var status: Int32 = 0
        let waited = unsafe waitpid(child, &status, 0)
        #expect(waited == child)
        #expect(status == 42 << 8, "the child used a secret")
        #expect(try SealedStream.open(sealed, .aes256GCM, key: key, context: []) == [1, 2, 3])
    }

    private static func isWiped(_ operation: () throws -> Void) -> Bool {
        do {
            try operation()
            return false
        } catch let error as SecretMemoryError {
            return error.code == .wipedByFork
        } catch {
            return (error as? SealError)?.code == .secretMemory
        }
    }

    /// Swift hides fork(2), for good reasons; here it is the subject.
    private static func fork() -> pid_t {
        let symbol = unsafe dlsym(nil, "fork")
        return unsafe unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)()
    }
}
