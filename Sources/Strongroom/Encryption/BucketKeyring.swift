internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// The Bucket Keys that are open, each for whoever the key service opened it for, and for a short time: what an
/// administrator changes at the service takes effect within that time.
final class BucketKeyring: Sendable {
    /// A Bucket Key that is open.
    struct Opened: Sendable {
        let id: [UInt8]
        let key: DataKey
        let backendID: String
        /// The key service's key that wraps it.
        let keyID: String
        let expiresNanoseconds: UInt64
    }

    /// What a key is made for: never for two requesters, whom the service might not treat alike.
    struct Purpose: Hashable, Sendable {
        var bucketUID: [UInt8]
        /// As it was asked for, in bytes; nil for the service's default key.
        var keyID: [UInt8]?
        var context: EncryptionContext
        var requester: Identity
    }

    /// All that a key service may decide by, in bytes: to it, two names that Unicode calls equal are two. Of a second
    /// factor whether, and not how long ago.
    struct Identity: Hashable, Sendable {
        private let bytes: [UInt8]
        private let policies: [ExactText]?

        init(_ requester: Requester) {
            policies = requester.caller?.policies?.map(ExactText.init)
            var fields = FieldWriter()
            if let caller = requester.caller {
                fields.put(1, text: caller.principal)
                fields.put(2, text: caller.account)
                let tags = caller.tags.map { (Array($0.key.utf8), Array($0.value.utf8)) }
                    .sorted { $0.0.lexicographicallyPrecedes($1.0) }
                var tagBytes: [UInt8] = []
                for text in tags.flatMap({ [$0.0, $0.1] }) {
                    for shift in stride(from: 0, to: 32, by: 8) {
                        tagBytes.append(UInt8(truncatingIfNeeded: text.count >> shift))
                    }
                    tagBytes += text
                }
                fields.put(3, tagBytes)
                fields.put(4, [caller.multiFactorAgeSeconds == nil ? 0 : 1])
                if let address = caller.sourceAddress { fields.put(5, text: address) }
                switch caller.transport {
                case nil: break
                case .plain: fields.put(6, [0])
                case .transportLayerSecurity(let version): fields.put(7, text: version)
                }
                if let service = caller.viaService { fields.put(8, text: service) }
                if let role = caller.roleARN { fields.put(9, text: role) }
                if let policy = caller.sessionPolicy { fields.put(10, text: policy) }
            }
            bytes = fields.bytes
        }
    }

    /// A text that is equal to none but of the same bytes. Long ones are shared with whoever has them already.
    private struct ExactText: Hashable {
        let text: String

        static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
        }
    }

    fileprivate struct Opening: Hashable {
        var id: [UInt8]
        var requester: Identity
    }

    fileprivate enum Sealing {
        /// One makes it, and all others wait for that one.
        case making(Task<Opened, any Error>)
        case ready(Opened, usesLeft: Int)
    }

    fileprivate struct State {
        var sealing: [Purpose: Sealing] = [:]
        var opened: [Opening: Opened] = [:]
        /// Nothing is remembered any more.
        var isClosed = false
    }

    /// Each holds a key in locked memory.
    static let sealingLimit = 256
    static let openedLimit = 1_024

    let lifetimeSeconds: Int
    private let useLimit: Int
    private let clock: any StoreClock
    private let state = Mutex(State())
    /// Whether a task waits to let go of what has expired.
    private let isPurging = Atomic(false)

    init(lifetimeSeconds: Int, useLimit: Int, clock: any StoreClock = PosixClock()) {
        self.lifetimeSeconds = lifetimeSeconds
        self.useLimit = useLimit
        self.clock = clock
    }

    /// When a key that is opened now is let go.
    var expiryNanoseconds: UInt64 { clock.bootNanoseconds() + UInt64(lifetimeSeconds) * 1_000_000_000 }

    /// A key to enclose data keys in; `make` makes one where there is none that may still be used.
    func sealingKey(
        _ purpose: Purpose, make: @escaping @Sendable () async throws(StoreError) -> Opened
    ) async throws(StoreError) -> Opened {
        let now = clock.bootNanoseconds()
        let (ready, making) = state.withLock { state -> (Opened?, Task<Opened, any Error>?) in
            switch state.sealing[purpose] {
            case .ready(let key, let usesLeft) where usesLeft > 0 && now < key.expiresNanoseconds:
                state.sealing[purpose] = .ready(key, usesLeft: usesLeft - 1)
                return (key, nil)
            case .making(let task): return (nil, task)
            default:
                state.makeRoom(now)
                // A task of its own: whoever asked first may be cancelled, and the others still need the key.
                let task = Task { [self] in try await made(purpose, make) }
                state.sealing[purpose] = .making(task)
                return (nil, task)
            }
        }
        if let ready { return ready }
        do {
            guard let making else { preconditionFailure("a key is ready or being made") }
            return try await making.value
        } catch {
            throw error as? StoreError ?? StoreError(.keyBackendFailed, "\(error)", underlying: error)
        }
    }

    private func made(
        _ purpose: Purpose, _ make: @Sendable () async throws(StoreError) -> Opened
    ) async throws(StoreError) -> Opened {
        do throws(StoreError) {
            let key = try await make()
            state.withLock { state in
                // Whoever may seal under it may not be one who may open: it is not put among the opened ones.
                state.sealing[purpose] = state.isClosed ? nil : .ready(key, usesLeft: useLimit - 1)
            }
            schedulePurge()
            return key
        } catch {
            state.withLock { $0.sealing[purpose] = nil }
            throw error
        }
    }

    /// Nil where the requester has not opened it, or not lately.
    func openedKey(_ id: [UInt8], for requester: Identity) -> Opened? {
        let now = clock.bootNanoseconds()
        return state.withLock { state in
            guard let key = state.opened[Opening(id: id, requester: requester)] else { return nil }
            guard now < key.expiresNanoseconds else {
                state.opened[Opening(id: id, requester: requester)] = nil
                return nil
            }
            return key
        }
    }

    func note(_ key: Opened, for requester: Identity) {
        let now = clock.bootNanoseconds()
        state.withLock { state in
            guard !state.isClosed else { return }
            if state.opened.count >= Self.openedLimit {
                state.opened = state.opened.filter { now < $0.value.expiresNanoseconds }
            }
            if state.opened.count >= Self.openedLimit { state.opened.removeAll(keepingCapacity: true) }
            state.opened[Opening(id: key.id, requester: requester)] = key
        }
        schedulePurge()
    }

    /// Lets go of all of them, at once and for good, also of one that is being made: the store is closed.
    func close() { state.withLock { $0 = State(isClosed: true) } }

    /// A key that has expired does not stay in memory because nobody asks for it again.
    private func schedulePurge() {
        guard !isPurging.exchange(true, ordering: .sequentiallyConsistent) else { return }
        Task { [weak self, lifetimeSeconds] in
            try? await Task.sleep(for: .seconds(lifetimeSeconds))
            self?.purge()
        }
    }

    private func purge() {
        let now = clock.bootNanoseconds()
        isPurging.store(false, ordering: .sequentiallyConsistent)
        let isEmpty = state.withLock { state in
            state.opened = state.opened.filter { now < $0.value.expiresNanoseconds }
            state.dropExpired(now)
            return state.opened.isEmpty && state.sealing.isEmpty
        }
        if !isEmpty { schedulePurge() }
    }
}

extension BucketKeyring.State {
    fileprivate mutating func dropExpired(_ now: UInt64) {
        for (purpose, entry) in sealing {
            if case .ready(let key, _) = entry, now >= key.expiresNanoseconds { sealing[purpose] = nil }
        }
    }

    fileprivate mutating func makeRoom(_ now: UInt64) {
        guard sealing.count >= BucketKeyring.sealingLimit else { return }
        dropExpired(now)
        // All are in use: one goes, and is made anew when it is wanted again.
        while sealing.count >= BucketKeyring.sealingLimit {
            let victim = sealing.first { if case .ready = $0.value { true } else { false } }
            guard let victim else { return }
            sealing[victim.key] = nil
        }
    }
}
