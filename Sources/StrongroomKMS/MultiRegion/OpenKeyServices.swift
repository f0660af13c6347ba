internal import Synchronization

/// The key services that are open in this process, so that related keys find each other.
final class OpenKeyServices: Sendable {
    static let shared = OpenKeyServices()

    private struct Entry: Sendable {
        weak let service: KeyService?
    }

    /// By keyring. Of one that is opened twice the newer counts: the older has not seen what the other has written.
    private let entries = Mutex<[[UInt8]: Entry]>([:])
    private let turnsOfAccounts = Mutex<[String: Turns]>([:])

    /// One settles something between keyrings of an account, the others wait: each step looks at two keyrings and
    /// changes one.
    func turns(of account: String) -> Turns {
        turnsOfAccounts.withLock { accounts in
            let turns = accounts[account] ?? Turns()
            accounts[account] = turns
            return turns
        }
    }

    func register(_ service: KeyService) {
        entries.withLock { entries in
            entries = entries.filter { $0.value.service != nil }
            entries[service.member.keyringID] = Entry(service: service)
        }
        service.related.markDue()
        for other in others(than: service) { other.related.markDue() }
    }

    func unregister(_ service: KeyService) {
        entries.withLock { entries in
            guard entries[service.member.keyringID]?.service === service else { return }
            entries[service.member.keyringID] = nil
        }
    }

    /// Those of the same account in other regions.
    func others(than service: KeyService) -> [KeyService] {
        entries.withLock { entries in entries.values.compactMap(\.service) }
            .filter { $0.account == service.account && $0.member.region != service.member.region }
    }

    /// Whether a key is there and is the primary.
    func hasPrimary(_ id: KeyID, _ member: MultiRegionRecord.Member) -> Bool {
        let service = entries.withLock { entries in entries[member.keyringID]?.service }
        guard let service, service.member == member else { return false }
        return (try? service.current())?.registry.key(id)?.multiRegion?.role == .primary
    }

    /// The one of an account in a region.
    func service(of account: String, in region: String) throws(KeyServiceError) -> KeyService {
        let found = entries.withLock { entries in entries.values.compactMap(\.service) }
            .filter { $0.account == account && $0.member.region == region }
        guard let first = found.first else {
            throw KeyServiceError(
                .notFound,
                "No keyring of the account \(account) in the region '\(region.prefix(64))' is open in this process; open "
                    + "the one for the related key, and ask again.")
        }
        guard found.count == 1 else {
            throw KeyServiceError(
                .validation,
                "\(found.count) keyrings of the account \(account) in the region \(region) are open in this process; close "
                    + "all but the one for the related key.")
        }
        return first
    }
}

/// Lets one task after the other do something, in the order in which they came.
final class Turns: Sendable {
    private let last = Mutex<Task<Void, Never>?>(nil)

    /// Goes on to the end though nobody waits any more.
    func take<Value: Sendable>(
        _ body: @escaping @Sendable () async -> Result<Value, KeyServiceError>
    ) async throws(KeyServiceError) -> Value {
        let task = last.withLock { last in
            let previous = last
            let task = Task {
                await previous?.value
                return await body()
            }
            last = Task { _ = await task.value }
            return task
        }
        return try await task.value.get()
    }
}
