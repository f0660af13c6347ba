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

    private struct State {
        /// How many threads have the turn.
        var holders = 0
        var descriptor: CInt
    }

    private enum Attempt {
        case taken
        case busy
        /// The file is another one than before.
        case replaced
    }

    private let clock = PosixClock()
    private let file: FilePath
    private let patienceSeconds: Int
    private let host: any KeyBackendHost
    private let state: Mutex<State>
    private let isTold = Atomic(false)

    /// Blocks for as long as opening a file takes.
    init(
        _ pinFile: FilePath, patienceSeconds: Int = patienceSecondsDefault, host: any KeyBackendHost
    ) throws(KeyBackendError) {
        file = pinFile
        self.patienceSeconds = patienceSeconds
        self.host = host
        state = Mutex(State(descriptor: try TrustedPath.open(pinFile, .secret).rawValue))
    }

    deinit { _ = state.withLock { close($0.descriptor) } }

    /// To be given up, once for each time. A process that has the turn may take it again. Blocks.
    func take() throws(KeyBackendError) {
        let end = clock.bootNanoseconds() + UInt64(patienceSeconds) * 1_000_000_000
        while true {
            switch try state.withLock({ (state) throws(KeyBackendError) in try attempt(&state) }) {
            case .taken: return
            case .replaced: continue
            case .busy:
                guard clock.bootNanoseconds() < end else {
                    throw KeyBackendError(
                        .unavailable,
                        "Another process has been opening or changing the token for \(patienceSeconds) seconds: it has "
                            + "locked \(file). Let it end, or end it, then try again.")
                }
                usleep(Self.pauseMicroseconds)
            }
        }
    }

    func giveUp() {
        state.withLock { state in
            state.holders -= 1
            // Not by closing: a child that was forked meanwhile shares the open file, and would keep the lock.
            if state.holders == 0 { flock(state.descriptor, LOCK_UN) }
        }
    }

    private func attempt(_ state: inout State) throws(KeyBackendError) -> Attempt {
        if state.holders == 0 {
            while flock(state.descriptor, LOCK_EX | LOCK_NB) != 0 {
                let code = Errno(rawValue: errno)
                if code == .interrupted { continue }
                if code == .wouldBlock { return .busy }
                // As on NFS, which locks only what is open for writing. Most tokens need no turns.
                tell(code)
                break
            }
            // Whoever replaced it, as editors do, locks the new one.
            if let other = try replacement(state.descriptor) {
                close(state.descriptor)
                state.descriptor = other
                return .replaced
            }
        }
        state.holders += 1
        return .taken
    }

    /// The file as it is now at its path, opened; nil where it is the one that is open, or none is there any more.
    private func replacement(_ descriptor: CInt) throws(KeyBackendError) -> CInt? {
        var (opened, there) = (stat(), stat())
        // Safe: the structures are ours, and the path is copied for the length of the call.
        guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(file.string, &there) == 0 else { return nil }
        if (opened.st_dev, opened.st_ino) == (there.st_dev, there.st_ino) { return nil }
        return try TrustedPath.open(file, .secret).rawValue
    }

    private func tell(_ code: Errno) {
        guard !isTold.exchange(true, ordering: .relaxed) else { return }
        host.log(
            .warning,
            "\(file) cannot be locked (\(code)), so processes may change the token at the same time. Where the token is "
                + "SoftHSM's, move the file to a file system that has locks.")
    }
}
