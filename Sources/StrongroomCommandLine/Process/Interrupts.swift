#if CommandLineTool
internal import Dispatch
internal import Glibc

/// Ctrl-C and the polite signals end the work cleanly; the second one ends the process at once, which loses nothing
/// that was acknowledged.
struct Interrupts {
    private let sources: [any DispatchSourceSignal]

    init(_ cancel: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "strongroom.interrupts")
        sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            // The default action must not run before the handler is asked.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if source.data > 1 || Self.seen.exchange(true, ordering: .relaxed) { _exit(128 + number) }
                cancel()
            }
            source.activate()
            return source
        }
    }

    private static let seen = Atomic(false)
}

internal import Synchronization
#endif
