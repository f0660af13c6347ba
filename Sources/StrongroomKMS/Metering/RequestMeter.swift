internal import StrongroomKeys
internal import Synchronization

/// How often each operation was asked of each key, and for which bucket, since the service was opened; refused requests
/// included, throttled ones not.
///
/// Counts lie in several stripes, each with a lock of its own that is held for one addition: a storm of requests for
/// one key does not queue up behind one lock. Which pairs of key and bucket have a row, one directory decides for all
/// of them, so that memory is bounded and a pair is never half in its own row.
final class RequestMeter: Sendable {
    struct Row: Hashable, Sendable {
        /// Nil only in the row of all keys that found no room.
        var key: KeyID?
        var origin: MeteredRequests.Origin
    }

    /// A lock to itself.
    private final class Stripe: Sendable {
        let counts = Mutex<[Row: [KeyOperation: Int]]>([:])
    }

    static let rowsMax = 4_096
    /// Of these, rows that are kept free for what keys were asked beside their buckets.
    static let rowsOfKeysMin = 1_024
    private static let stripeCount = 8

    let price: RequestPrice
    private let stripes = (0..<stripeCount).map { _ in Stripe() }
    private let next = Atomic(0)
    private let directory = Mutex(Set<Row>())

    init(price: RequestPrice) { self.price = price }

    func count(_ call: KeyCall, of key: KeyID) {
        let wanted = Row(key: key, origin: MeteredRequests.Origin(call.encryptionContext))
        let stripe = stripes[next.wrappingAdd(1, ordering: .relaxed).oldValue & (Self.stripeCount - 1)]
        let isKnown = stripe.counts.withLock { counts in
            guard counts[wanted] != nil else { return false }
            counts[wanted]?[call.operation, default: 0] += 1
            return true
        }
        if isKnown { return }
        let row = admit(wanted)
        stripe.counts.withLock { $0[row, default: [:]][call.operation, default: 0] += 1 }
    }

    /// The row, if there is room for it; else one that sums up.
    private func admit(_ wanted: Row) -> Row {
        directory.withLock { rows in
            if rows.contains(wanted) { return wanted }
            var isOfBucket = false
            if case .bucket = wanted.origin { isOfBucket = true }
            if rows.count < (isOfBucket ? Self.rowsMax - Self.rowsOfKeysMin : Self.rowsMax) {
                rows.insert(wanted)
                return wanted
            }
            let shared = Row(key: wanted.key, origin: .others)
            if rows.contains(shared) { return shared }
            guard rows.count < Self.rowsMax else { return Row(key: nil, origin: .others) }
            rows.insert(shared)
            return shared
        }
    }

    /// The sums of all stripes.
    private var rows: [Row: [KeyOperation: Int]] {
        var rows: [Row: [KeyOperation: Int]] = [:]
        for stripe in stripes {
            for (row, counts) in stripe.counts.withLock({ $0 }) {
                rows[row, default: [:]].merge(counts) { $0 + $1 }
            }
        }
        return rows
    }

    var totals: [KeyOperation: Int] { Self.sum(rows.values) }

    func counts(of key: KeyID) -> [KeyOperation: Int] { Self.sum(rows.filter { $0.key.key == key }.values) }

    /// Those with the most requests first.
    func requests(of key: KeyID) -> [MeteredRequests] {
        rows.filter { $0.key.key == key }.map { row, counts in
            MeteredRequests(
                origin: row.origin, counts: counts, cost: price.cost(ofRequests: counts.values.reduce(0, +)))
        }.sorted { ($1.count, $0.origin.name) < ($0.count, $1.origin.name) }
    }

    private static func sum(_ rows: some Sequence<[KeyOperation: Int]>) -> [KeyOperation: Int] {
        rows.reduce(into: [:]) { sum, counts in sum.merge(counts) { $0 + $1 } }
    }
}

extension MeteredRequests.Origin {
    private static let prefix = "arn:aws:s3:::"

    /// Whose objects a request is for, by the context that S3 gives: an object's ARN, or with a Bucket Key the
    /// bucket's.
    init(_ context: EncryptionContext) {
        guard let arn = context.pairs.first(where: { $0.name == "aws:s3:arn" })?.value, arn.hasPrefix(Self.prefix)
        else {
            self = .elsewhere
            return
        }
        let name = arn.dropFirst(Self.prefix.count).prefix { $0 != "/" }
        self = Self.nameSizeBytes.contains(name.utf8.count) ? .bucket(String(name)) : .elsewhere
    }

    /// A longer one is no bucket's, and is not kept.
    private static let nameSizeBytes = 1...63

    fileprivate var name: String {
        switch self {
        case .bucket(let name): name
        case .elsewhere, .others: ""
        }
    }
}
