internal import Synchronization

/// What is kept in memory of the users: which of them an access key belongs to, and how often any of them changed.
///
/// Changes take turns, so that what is known here is in step with the rows: it is set behind the commit, and before
/// whoever made it learns of it. After a commit of which it is not known whether it was done, nothing is known here,
/// and the rows are read anew.
final class UserChanges: Sendable {
    struct Known {
        /// Names of users by the ids of their access keys.
        var owners: [String: String] = [:]
        /// How many users there are, those whose rows are damaged among them.
        var count = 0
    }

    private struct State {
        /// Nil until it is asked for.
        var known: Known?
        var version: UInt64 = 0
    }

    let turns = TaskTurns()
    private let state = Mutex(State())

    var version: UInt64 { state.withLock(\.version) }
    var known: Known? { state.withLock(\.known) }

    func learn(_ known: Known) { state.withLock { $0.known = known } }

    /// Takes note of what a commit made of a user.
    ///
    /// - Parameter row: nil where the user is gone.
    func note(_ name: String, _ row: UserRow?, isNew: Bool = false) {
        state.withLock { state in
            state.version += 1
            guard var known = state.known else { return }
            if isNew { known.count += 1 }
            if row == nil { known.count -= 1 }
            // Keys that the user no longer has go, too.
            known.owners = known.owners.filter { $0.value != name }
            for key in row?.keys ?? [] { known.owners[key.id] = name }
            state.known = known
        }
    }

    /// After a commit of which it is not known whether it was done.
    func forget() {
        state.withLock { state in
            state.version += 1
            state.known = nil
        }
    }
}
