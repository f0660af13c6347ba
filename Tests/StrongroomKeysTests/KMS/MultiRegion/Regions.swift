import Dispatch
import StrongroomCrypto
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage

@testable import StrongroomKMS
@testable import StrongroomKeyring
@testable import StrongroomKeys

/// Keyrings of one account, one for each region, that are opened and closed one by one, and a disk that can end.
///
/// Each has an account of its own, so that tests that run at once have nothing to do with each other.
final class Regions: Sendable {
    private static let accounts = Atomic(300_000_000_000)

    let host = ClockedHost()
    private let folder = TemporaryFolder()
    private let account = String(Regions.accounts.wrappingAdd(1, ordering: .relaxed).newValue)
    private let disk = Mutex((steps: 0, last: Int.max))
    private let halt = Mutex<Halt?>(nil)

    /// Makes a region's keyring.
    func create(_ region: String) async throws -> KeyService { try await service(region, creates: true) }

    func open(_ region: String) async throws -> KeyService { try await service(region, creates: false) }

    func path(_ region: String) -> FilePath { folder.path.appending(region) }

    private func service(_ region: String, creates: Bool) async throws -> KeyService {
        // It blocks, and there are many of these tests.
        try await KeyService.onThread { [self] () throws(KeyBackendError) -> KeyService in
            var settings = ["audit": "off"]
            if creates { (settings["region"], settings["account"]) = (region, account) }
            return try KeyService(
                KeyBackendConfiguration(keyring: path(region), creates: creates, settings: settings), host
            ) { [self] _ throws(KeyBackendError) in
                halt.withLock { $0.take() }?.wait()
                let isGone = disk.withLock { disk in
                    disk.steps += 1
                    return disk.steps > disk.last
                }
                if isGone { throw KeyBackendError(.unavailable, "the machine has ended") }
            }
        }
    }

    /// Lets so many further steps of files be done, in all keyrings together, and none after them.
    func endDisk(after count: Int) { disk.withLock { $0 = (0, count) } }

    /// Has the next step of files wait: what is to be written is known then, and not in force.
    func haltDisk() -> Halt {
        let halt = Halt()
        self.halt.withLock { $0 = halt }
        return halt
    }

    func mendDisk() { disk.withLock { $0 = (0, .max) } }

    /// Whether the disk has ended as it was told to.
    var hasEnded: Bool { disk.withLock { $0.steps > $0.last } }
}

/// Holds a thread up once.
final class Halt: Sendable {
    private let reached = AsyncStream.makeStream(of: Void.self)
    private let isOver = DispatchSemaphore(value: 0)

    fileprivate func wait() {
        reached.continuation.finish()
        isOver.wait()
    }

    /// Returns once it is held up.
    func isReached() async { for await _ in reached.stream {} }

    func end() { isOver.signal() }
}
