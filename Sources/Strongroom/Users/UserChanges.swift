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

        fileprivate mutating func note(_ name: String, _ row: UserRow?, was old: Former?) {
            if old == nil { count += 1 }
            if row == nil { count -= 1 }
            switch old {
            case nil: break
            case .row(let old)?:
                let kept = Set((row?.keys ?? []).map(\.id))
                for key in old.keys where !kept.contains(key.id) { owners[key.id] = nil }
            case .unread?: owners = owners.filter { $0.value != name }
            }
            for key in row?.keys ?? [] { owners[key.id] = name }
        }
    }

    private struct State {
        /// Nil until it is asked for.
        var known: Known?
        var version: UInt64 = 0
    }

    let turns = TaskTurns()
    /// Wrong codes of second factors.
    let attempts = Mutex(SecondFactorAttempts())
    private let state = Mutex(State())

    var version: UInt64 { state.withLock(\.version) }
    var known: Known? { state.withLock(\.known) }

    func learn(_ known: Known) { state.withLock { $0.known = known } }

    /// Whose access key that is; nil where nothing is known. Looked up in place: every signed request asks, and a copy
    /// that somebody holds would have the next change copy all.
    func owner(of id: String) -> Owner? { state.withLock { $0.known.map { Owner(name: $0.owners[id]) } } }

    struct Owner: Equatable {
        /// Nil where no user has the key.
        var name: String?
    }

    /// Takes note of what a commit made of a user.
    ///
    /// - Parameters:
    ///   - row: nil where the user is gone.
    ///   - old: how the row was; nil where there was none.
    func note(_ name: String, _ row: UserRow?, was old: Former?) {
        state.withLock { state in
            state.version += 1
            // Taken out, so that it is changed in place.
            guard var known = state.known.take() else { return }
            known.note(name, row, was: old)
            state.known = known
        }
    }

    /// Takes note that a commit changed a role: what was derived of users holds for sessions of roles, too.
    func noteRole() { state.withLock { $0.version += 1 } }

    /// How a user's row was.
    enum Former {
        case row(UserRow)
        /// One that is damaged, so that nobody knows its keys.
        case unread
    }

    /// After a commit of which it is not known whether it was done.
    func forget() {
        state.withLock { state in
            state.version += 1
            state.known = nil
        }
    }
}
