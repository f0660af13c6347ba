internal import Synchronization

/// Sees to it that what is due happens though nobody calls: a key is destroyed within an hour of its time.
final class KeyUpkeep: Sendable {
    private static let periodSeconds: Int64 = 3_600

    private let task = Mutex<Task<Void, Never>?>(nil)

    func start(of service: KeyService) {
        task.withLock { task in
            task = Task.detached(priority: .background) { [weak service] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.periodSeconds))
                    // Where it cannot be written down, that is in the log, and it is tried again.
                    guard let service, !Task.isCancelled, (try? await service.settled()) != nil else { return }
                }
            }
        }
    }

    func stop() {
        task.withLock { task in
            task?.cancel()
            task = nil
        }
    }

    deinit { stop() }
}
