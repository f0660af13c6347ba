/// What a multi-Region key knows of the keys that it is related to: they have its id and its materials, each in a
/// region, and a keyring, of its own.
///
/// Invariants: the replicas are ascending by region, no region comes twice, and the primary's is not among them; only a
/// primary has a promotion, to one of its replicas and a later term, or a deletion window.
struct MultiRegionRecord: Sendable, Equatable {
    /// No account has as many regions; a document that says more is damaged.
    static let regionsMax = 64
    /// Terms end here, long before the numbers do.
    static let termEnd: UInt64 = 1 << 32

    enum Role: UInt8, Sendable {
        // The numbers are part of the keyring's format and must not change.

        case primary = 1
        case replica = 2
    }

    /// One of the related keys.
    struct Member: Sendable, Hashable {
        let region: String
        let keyringID: [UInt8]
    }

    /// That another key is becoming the primary.
    struct Promotion: Sendable, Equatable {
        let member: Member
        /// The term that it will have; larger with every attempt.
        let term: UInt64
    }

    var role: Role
    /// Grows with every other primary: who has a lower one is none any more, whatever it believes.
    var term: UInt64 = 0
    var primary: Member
    /// As the primary has last told.
    var replicas: [Member] = []
    /// Regions that had a replica once; what it has sealed may still be there.
    var formerRegions: [String] = []
    /// Whether the primary knows of the replica.
    var isConfirmed = true
    var promotion: Promotion?
    /// How many days the primary waits once its last replica is gone.
    var deletionWindowDays: Int?

    /// A primary without replicas.
    init(primary: Member) {
        role = .primary
        self.primary = primary
    }

    /// A replica that its primary does not know of yet.
    init(replicaOf primary: MultiRegionRecord) {
        self = primary
        role = .replica
        isConfirmed = false
        promotion = nil
        deletionWindowDays = nil
    }

    /// All regions in which something may have been sealed.
    var regions: Set<String> { Set(formerRegions + replicas.map(\.region) + [primary.region]) }

    var isConsistent: Bool {
        let isPromotionConsistent =
            promotion.map { replicas.contains($0.member) && $0.term > term && $0.term < Self.termEnd } ?? true
        let isWindowConsistent = deletionWindowDays.map(KeyLimits.deletionWindowDays.contains) ?? true
        return term < Self.termEnd && isPromotionConsistent && isWindowConsistent && areRegionsConsistent
            && (role == .primary ? isConfirmed : promotion == nil && deletionWindowDays == nil)
    }

    private var areRegionsConsistent: Bool {
        replicas.count <= Self.regionsMax && formerRegions.count <= Self.regionsMax
            && zip(replicas, replicas.dropFirst()).allSatisfy { $0.region < $1.region }
            && replicas.allSatisfy { $0.region != primary.region }
            && zip(formerRegions, formerRegions.dropFirst()).allSatisfy { $0 < $1 }
    }
}
