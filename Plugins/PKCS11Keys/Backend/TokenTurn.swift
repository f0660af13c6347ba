internal import Glibc
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// Held while a token is changed: by one of the processes that read their PIN from the same file, and any of its
/// threads. It is an advisory lock (`flock`) on that file.
///
/// PKCS#11 has no such lock. A token with a processor of its own needs none; SoftHSM keeps a token in files, and a
/// process that makes a key in the moment after another has made one takes its own change for the only one: it does
/// not see the other's key until the token is changed again. Every login writes such a file as well, and whoever opens
/// the token in that moment takes it for broken, for good.
final class TokenTurn: Sendable {
    /// More than any token takes for a key. Whoever waits longer waits for a process that hangs.
    static let patienceSecondsDefault = 30

    private static let pauseMicroseconds: UInt32 = 5_000

    private let clock = PosixClock()
    private let file: FilePath
    private let patienceSeconds: Int
    private let descriptor: CInt
    /// How many threads have the turn. Held while waiting for it: all of them wait for the same.
    private let holders = Mutex(0)

    /// Blocks for as long as opening a file takes.
    init(_ pinFile: FilePath, patienceSeconds: Int = patienceSecondsDefault) throws(KeyBackendError) {
        file = pinFile
        self.patienceSeconds = patienceSeconds
        descriptor = try TrustedPath.open(pinFile, .secret).rawValue
    }

    deinit { close(descriptor) }

    /// To be given up, once for each time. A process that has the turn may take it again. Blocks.
    func take() throws(KeyBackendError) {
        try holders.withLock { (holders) throws(KeyBackendError) in
            if holders == 0 { try lock() }
            holders += 1
        }
    }

    func giveUp() {
        holders.withLock { holders in
            holders -= 1
            // Not by closing: a child that was forked meanwhile shares the open file, and would keep the lock.
            if holders == 0 { flock(descriptor, LOCK_UN) }
        }
    }

    private func lock() throws(KeyBackendError) {
        let end = clock.bootNanoseconds() + UInt64(patienceSeconds) * 1_000_000_000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = Errno(rawValue: errno)
            switch code {
            case .interrupted: continue
            case .wouldBlock:
                guard clock.bootNanoseconds() < end else {
                    throw KeyBackendError(
                        .unavailable,
                        "Another process has been changing the token for \(patienceSeconds) seconds: it has locked "
                            + "\(file). Let it end, or end it, then try again.")
                }
                usleep(Self.pauseMicroseconds)
            default:
                throw KeyBackendError(
                    .unavailable,
                    "\(file) cannot be locked (\(code)), so that processes change the token one at a time; move it to a "
                        + "file system that has locks.")
            }
        }
    }
}
