/// How related keys change each other. Every one of these is a change of one keyring, durable before the next.
extension KeyRecord {
    var isPrimaryOrSingle: Bool { multiRegion.map { $0.role == .primary } ?? true }

    var isMultiRegionConsistent: Bool {
        guard let multiRegion else {
            return !id.isMultiRegion && ![.pendingReplicaDeletion, .creating, .updating].contains(state)
        }
        let isWaiting = state == .pendingReplicaDeletion
        return id.isMultiRegion && origin == .service && multiRegion.isConsistent
            && isWaiting == (multiRegion.deletionWindowDays != nil) && (!isWaiting || !multiRegion.replicas.isEmpty)
            && (state == .updating) == (multiRegion.promotion != nil)
            && (multiRegion.isConfirmed ? state != .creating : state == .creating || state == .pendingDeletion)
    }

    // MARK: - Of a primary

    /// Learns that there is a replica.
    mutating func adopt(_ member: MultiRegionRecord.Member) {
        guard var multiRegion else { return }
        multiRegion.replicas.append(member)
        multiRegion.replicas.sort { $0.region < $1.region }
        multiRegion.formerRegions.removeAll { $0 == member.region }
        if state == .pendingDeletion {
            // It was to go alone. As long as may be: nothing is lost by waiting.
            (state, deletionMilliseconds) = (.pendingReplicaDeletion, nil)
            multiRegion.deletionWindowDays = KeyLimits.deletionWindowDays.upperBound
        }
        self.multiRegion = multiRegion
    }

    /// Learns that a replica is gone. With the last one begins the waiting period of a primary that is to go.
    mutating func forget(_ member: MultiRegionRecord.Member, at nowMilliseconds: Int64) {
        guard var multiRegion else { return }
        multiRegion.replicas.removeAll { $0 == member }
        multiRegion.formerRegions = Set(multiRegion.formerRegions + [member.region]).sorted()
        if let promotion = multiRegion.promotion, promotion.member == member {
            multiRegion.endPromotion(promotion)
            state = .enabled
        }
        if let days = multiRegion.deletionWindowDays, multiRegion.replicas.isEmpty {
            multiRegion.deletionWindowDays = nil
            state = .pendingDeletion
            deletionMilliseconds = nowMilliseconds + Int64(days) * KeyService.dayMilliseconds
        }
        self.multiRegion = multiRegion
    }

    /// Makes up its mind to be followed by a replica: it does not rotate any more. A further attempt has another term.
    mutating func intend(_ member: MultiRegionRecord.Member) {
        guard let multiRegion else { return }
        state = .updating
        self.multiRegion?.promotion = MultiRegionRecord.Promotion(
            member: member, term: max(multiRegion.promotion?.term ?? 0, multiRegion.term) + 1)
    }

    mutating func abandonPromotion() {
        guard let promotion = multiRegion?.promotion else { return }
        state = .enabled
        multiRegion?.endPromotion(promotion)
    }

    /// Learns that another key is the primary.
    mutating func demote(under other: KeyRecord) {
        guard let theirs = other.multiRegion else { return }
        if state == .updating { state = .enabled }
        if state == .pendingReplicaDeletion { state = .disabled }
        var multiRegion = MultiRegionRecord(replicaOf: theirs)
        multiRegion.isConfirmed = true
        self.multiRegion = multiRegion
        rotation = other.rotation
    }

    /// Takes in materials that a replica has and the primary lacks, because its keyring is older than they are. What
    /// seals is what seals there, unless each has some that the other lacks: then it is the newest.
    ///
    /// - Parameters:
    ///   - found: the materials that it lacks, sealed by its own keyring.
    ///   - order: all that the replica has, oldest first.
    mutating func collect(_ found: [KeyMaterial], _ order: [KeyMaterialID]) {
        let all = materials + found
        if materials.allSatisfy({ order.contains($0.id) }) {
            materials = order.compactMap { id in all.first { $0.id == id } }
        } else {
            materials = all.sorted { $0.createdMilliseconds < $1.createdMilliseconds }
        }
    }

    // MARK: - Of a replica

    /// Learns what its primary is like.
    ///
    /// - Parameter sealed: the materials that it lacks, sealed by its own keyring.
    mutating func learn(from primary: KeyRecord, _ sealed: [KeyMaterial]) {
        guard let theirs = primary.multiRegion else { return }
        materials = primary.materials.compactMap { theirs in
            materials.first { $0.id == theirs.id } ?? sealed.first { $0.id == theirs.id }
        }
        rotation = primary.rotation
        if state == .creating { state = .enabled }
        var multiRegion = MultiRegionRecord(replicaOf: theirs)
        multiRegion.isConfirmed = true
        self.multiRegion = multiRegion
    }

    /// Whether there is nothing to learn.
    func hasLearned(from primary: KeyRecord) -> Bool {
        guard let mine = multiRegion, let theirs = primary.multiRegion, mine.isConfirmed else { return false }
        return (mine.term, mine.primary, mine.replicas, mine.formerRegions)
            == (theirs.term, theirs.primary, theirs.replicas, theirs.formerRegions)
            && rotation == primary.rotation && materials.map(\.id) == primary.materials.map(\.id)
    }

    /// Becomes the primary in the place of one that has made up its mind.
    mutating func promote(_ own: MultiRegionRecord.Member, after previous: KeyRecord) {
        guard let theirs = previous.multiRegion, let promotion = theirs.promotion else { return }
        var multiRegion = MultiRegionRecord(primary: own)
        multiRegion.term = promotion.term
        multiRegion.replicas = (theirs.replicas.filter { $0 != own } + [theirs.primary]).sorted {
            $0.region < $1.region
        }
        multiRegion.formerRegions = theirs.formerRegions
        self.multiRegion = multiRegion
    }

    /// Is again the primary that a replica knows it as.
    mutating func reinstate(by replica: KeyRecord) {
        guard var multiRegion = replica.multiRegion else { return }
        multiRegion.role = .primary
        multiRegion.isConfirmed = true
        rotation = replica.rotation
        switch state {
        case .creating, .updating: state = .enabled
        case .pendingReplicaDeletion: state = .disabled
        case .pendingDeletion:
            deletionMilliseconds = nil
            state = .disabled
            // As long as may be, as when it learns of a replica: nothing is lost by waiting.
            if !multiRegion.replicas.isEmpty {
                state = .pendingReplicaDeletion
                multiRegion.deletionWindowDays = KeyLimits.deletionWindowDays.upperBound
            }
        default: break
        }
        self.multiRegion = multiRegion
    }
}

extension MultiRegionRecord {
    /// The primary stays it, in the term that the other would have had: none is ever used twice.
    fileprivate mutating func endPromotion(_ promotion: Promotion) {
        term = promotion.term
        self.promotion = nil
    }
}
