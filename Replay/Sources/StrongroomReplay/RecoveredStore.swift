import ReplayDisk
import Strongroom

/// A store that is opened as a power failure has left it.
struct RecoveredStore {
    let directory: String

    /// Opens it, looks at all of it, asks it to verify itself, and closes it.
    func look(_ judge: (StoreContent) -> History.Verdict) async throws(Finding) -> StoreContent {
        let store: Store
        do {
            store = try await ReplayStore.open(in: directory)
        } catch {
            throw Finding(.refused, "\(error)")
        }
        do {
            let content = try await observe(store, judge)
            try await store.close()
            return content
        } catch {
            // It is thrown away; what counts is what was found.
            try? await store.close()
            throw error as? Finding ?? Finding(.damaged, "\(error)")
        }
    }

    /// Looks twice: recovery has changed nothing but what nobody sees.
    func lookTwice(_ judge: (StoreContent) -> History.Verdict) async throws(Finding) -> StoreContent {
        let first = try await look(judge)
        let second = try await look { _ in .whole }
        guard first == second else { throw Finding(.unstable, second.difference(to: first)) }
        return first
    }

    private func observe(
        _ store: Store, _ judge: (StoreContent) -> History.Verdict
    ) async throws -> StoreContent {
        let content = try await StoreContent(observing: store)
        if let finding = Finding(judge(content)) { throw finding }
        let report = try await store.verify()
        guard report.isSound else { throw Finding(.damaged, "verify finds \(report.findings.prefix(3))") }
        guard report.orphanCount == 0 else {
            throw Finding(.damaged, "\(report.orphanCount) files that no object names are left")
        }
        return content
    }
}
