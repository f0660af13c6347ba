#if HTTPServer
internal import ServiceLifecycle
internal import Synchronization

/// Whether a server has begun to stop.
final class DrainState: Sendable {
    private let flag = Atomic(false)

    var isBegun: Bool { flag.load(ordering: .acquiring) }

    func begin() { flag.store(true, ordering: .releasing) }
}

/// Notes that a server begins to stop: the last of its services, and so the first to be told.
struct DrainWatch: Service {
    let drain: DrainState

    func run() async throws {
        try? await gracefulShutdown()
        drain.begin()
    }
}
#endif
