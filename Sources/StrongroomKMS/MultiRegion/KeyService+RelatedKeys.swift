internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys

/// Related keys of keyrings that are open in this process are brought to agree: before the first call after one was
/// opened, and at once where something changes that they share.
extension KeyService {
    /// Steps that two keys take at most until they agree; more would be a fault of their rules.
    private static let stepsMax = 16

    /// What cannot be done is in the log, and tried again later.
    func synchronize() async {
        // A second time where something has changed while another attempt was under way.
        for _ in 0..<2 where related.isWanted(at: host.bootNanoseconds()) {
            await related.attempt(at: host.bootNanoseconds()) { [self] in
                // Most services have none, and wait for nobody.
                let others = OpenKeyServices.shared.others(than: self).filter { !relatedIDs($0).isEmpty }
                guard !others.isEmpty else { return true }
                let isDone = try? await OpenKeyServices.shared.turns(of: account).take { [self] in
                    .success(await settleRelated(others))
                }
                return isDone ?? false
            }
        }
    }

    /// What is, or may be, in this keyring and in the other.
    private func relatedIDs(_ other: KeyService) -> [KeyID] {
        guard let mine = try? current().registry, let theirs = try? other.current().registry else { return [] }
        let ids = [mine.keys, theirs.keys].flatMap { keys in keys.lazy.map(\.id).filter(\.isMultiRegion) }
        return Set(ids).sorted()
    }

    /// Whether related keys have nothing to tell those of the services that are open.
    var relatedKeysAgree: Bool {
        OpenKeyServices.shared.others(than: self).allSatisfy { other in
            guard let mine = try? current().registry, let theirs = try? other.current().registry else { return true }
            return relatedIDs(other).allSatisfy { id in
                let (own, place) = (member, other.member)
                return RelatedKeysStep.next(mine.key(id), at: own, theirs.key(id), at: place) == nil
                    && RelatedKeysStep.next(theirs.key(id), at: place, mine.key(id), at: own) == nil
            }
        }
    }

    /// Returns whether all is done.
    private func settleRelated(_ others: [KeyService]) async -> Bool {
        var isDone = true
        for other in others {
            for id in relatedIDs(other) {
                do throws(KeyServiceError) {
                    try await settleRelated(id, with: other)
                } catch {
                    if (error.underlying as? KeyBackendError)?.code == .closed { continue }
                    isDone = false
                    host.log(
                        .warning,
                        "The key \(owner.arn(id)) and the one in \(other.member.region) do not agree yet: \(error)")
                }
            }
        }
        return isDone
    }

    /// Has two keys of one id agree; in turn.
    func settleRelated(_ id: KeyID, with other: KeyService) async throws(KeyServiceError) {
        var isProved = false
        for _ in 0..<Self.stepsMax {
            let (mine, theirs) = (try current().registry.key(id), try other.current().registry.key(id))
            let isWanted =
                RelatedKeysStep.next(mine, at: member, theirs, at: other.member) != nil
                || RelatedKeysStep.next(theirs, at: other.member, mine, at: member) != nil
            if mine != nil && theirs != nil && isWanted && !isProved {
                try proveRelation(id, to: other)
                isProved = true
            }
            if let step = RelatedKeysStep.next(mine, at: member, theirs, at: other.member) {
                try await take(step, id, with: other)
                markOthers(after: step, other)
            } else if let step = RelatedKeysStep.next(theirs, at: other.member, mine, at: member) {
                try await other.take(step, id, with: self)
                markOthers(after: step, other)
            } else {
                return
            }
        }
        throw KeyServiceError(.internalFailure, "The key \(owner.arn(id)) and its related ones come to no agreement.")
    }

    /// What a primary tells is another then, and is told to those who have heard it before.
    private func markOthers(after step: RelatedKeysStep, _ other: KeyService) {
        if step != .teach { for service in [self, other] { service.related.markDue() } }
    }

    /// A keyring says what it likes. What is related has a material in common, which nobody comes by but from the
    /// other.
    private func proveRelation(_ id: KeyID, to other: KeyService) throws(KeyServiceError) {
        if try openMaterials(of: id).haveOneInCommon(with: try other.openMaterials(of: id)) { return }
        throw KeyServiceError(
            .incorrectKeyMaterial,
            "The keys \(owner.arn(id)) and \(other.owner.arn(id)) have no material in common, and are not related; delete "
                + "the one that should not be there.")
    }

    private func take(_ step: RelatedKeysStep, _ id: KeyID, with other: KeyService) async throws(KeyServiceError) {
        let (place, now) = (other.member, host.wallMilliseconds())
        switch step {
        case .adopt: try await changeRelated(id, step, other) { (key, _, _) in key.adopt(place) }
        case .forget: try await changeRelated(id, step, other) { (key, _, _) in key.forget(place, at: now) }
        case .abandon: try await changeRelated(id, step, other) { (key, _, _) in key.abandonPromotion() }
        case .demote:
            guard let theirs = try other.current().registry.key(id) else { return }
            try await changeRelated(id, step, other) { (key, _, _) in key.demote(under: theirs) }
        case .destroy: try await destroyUnused(id, other)
        case .collect:
            let found = try other.openMaterials(of: id)
            try await changeRelated(id, step, other) { [host] (key, registry, sealer) throws(KeyServiceError) in
                key.collect(try found.sealed(for: key, registry, sealer, host), found.materials.map(\.material.id))
            }
        case .teach:
            guard let mine = try current().registry.key(id) else { return }
            let found = try openMaterials(of: id)
            try await other.changeRelated(id, step, self, isSecond: true) {
                [host = other.host] (key, registry, sealer) throws(KeyServiceError) in
                key.learn(from: mine, try found.sealed(for: key, registry, sealer, host))
            }
        case .promote: try await promote(id, other)
        case .reinstate:
            guard let mine = try current().registry.key(id) else { return }
            try await other.changeRelated(id, step, self, isSecond: true) { (key, _, _) in key.reinstate(by: mine) }
        }
    }

    /// First it is certain that this key does not rotate any more, then the other one is the primary.
    private func promote(_ id: KeyID, _ other: KeyService) async throws(KeyServiceError) {
        try await changeRelated(id, .promote, other) { [place = other.member] (key, _, _) in key.intend(place) }
        guard let mine = try current().registry.key(id) else { return }
        try await other.changeRelated(id, .promote, self, isSecond: true) { [place = other.member] (key, _, _) in
            key.promote(place, after: mine)
        }
    }

    // MARK: - Changes

    /// Changes a key of this service in one step, if that is still the next one.
    ///
    /// - Parameter isSecond: whether this service's key is the second of the step.
    private func changeRelated(
        _ id: KeyID, _ step: RelatedKeysStep, _ other: KeyService, isSecond: Bool = false,
        _ body: @escaping @Sendable (inout KeyRecord, KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Void
    ) async throws(KeyServiceError) {
        let theirs = try other.current().registry.key(id)
        try await recordingRelated("SynchronizeMultiRegionKey", of: id) {
            [self, place = other.member] (registry, sealer) throws(KeyServiceError) in
            guard var key = registry.key(id) else { return false }
            let next =
                isSecond
                ? RelatedKeysStep.next(theirs, at: place, key, at: member)
                : RelatedKeysStep.next(key, at: member, theirs, at: place)
            guard next == step else { return false }
            try body(&key, registry, sealer)
            registry.update(key)
            return true
        }
    }

    /// Takes a replica back that its primary has refused, as long as it does not know of it.
    func takeBackReplica(_ id: KeyID) async {
        do throws(KeyServiceError) {
            try await recordingRelated("DeleteKey", of: id) { (registry, _) throws(KeyServiceError) in
                guard let key = registry.key(id), key.multiRegion?.isConfirmed == false else { return false }
                registry.remove(id)
                return true
            }
        } catch {
            host.log(.warning, "The replica \(owner.arn(id)), which its primary has refused, stays: \(error)")
        }
        cache.removeAll()
    }

    private func destroyUnused(_ id: KeyID, _ primary: KeyService) async throws(KeyServiceError) {
        let theirs = try primary.current().registry.key(id)
        try await recordingRelated("DeleteKey", of: id) {
            [self, place = primary.member] (registry, _) throws(KeyServiceError) in
            let next = RelatedKeysStep.next(registry.key(id), at: member, theirs, at: place)
            guard next == .destroy else { return false }
            registry.remove(id)
            return true
        }
        cache.removeAll()
    }

    /// A change that the service makes by itself, with its record; none where `body` returns false.
    private func recordingRelated(
        _ name: String, of id: KeyID,
        _ body: @escaping @Sendable (inout KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Bool
    ) async throws(KeyServiceError) {
        let event = trail.event(name, of: owner.arn(id))
        do throws(KeyServiceError) {
            try await changeRegistry { [trail] (registry, sealer) throws(KeyServiceError) in
                if try body(&registry, sealer) { try trail.recordBlocking(event) }
            }
        } catch {
            if (error.underlying as? KeyBackendError)?.code != .closed && !error.isOfAudit {
                try? await trail.record(event, failure: error)
            }
            throw error
        }
    }

    // MARK: - Materials

    /// A key's materials in the open, on their way to another keyring.
    func openMaterials(of id: KeyID) throws(KeyServiceError) -> OpenMaterials {
        let keyring = try current()
        guard let key = keyring.registry.key(id) else { return OpenMaterials(materials: []) }
        do throws(KeyBackendError) {
            return OpenMaterials(
                materials: try key.materials.map { (material) throws(KeyBackendError) in
                    (material, SharedSecret(try keyring.sealer.openBytes(of: material, of: id)))
                })
        } catch {
            throw KeyServiceError(error)
        }
    }
}

/// Materials in locked memory, which is zeroed with them.
struct OpenMaterials: Sendable {
    let materials: [(material: KeyMaterial, secret: SharedSecret)]

    func haveOneInCommon(with others: OpenMaterials) throws(KeyServiceError) -> Bool {
        do throws(SecretMemoryError) {
            for mine in materials {
                for theirs in others.materials where mine.material.id == theirs.material.id {
                    if try mine.secret.bytes.isEqual(to: theirs.secret.bytes) { return true }
                }
            }
            return false
        } catch {
            throw KeyServiceError(secretMemory: error)
        }
    }

    /// Those that a key lacks, sealed for it; each keeps its id, and when and why it was made.
    ///
    /// - Throws: `incorrectKeyMaterial` where the registry has one of them as another key's.
    func sealed(
        for key: KeyRecord, _ registry: KeyRegistry, _ sealer: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyServiceError) -> [KeyMaterial] {
        for each in materials {
            guard let other = registry.ownerOfMaterial(each.material.id), other != key.id else { continue }
            throw KeyServiceError(
                .incorrectKeyMaterial,
                "The material \(each.material.id), which the key \(registry.owner.arn(key.id)) is to have, is one of the key "
                    + "\(registry.owner.arn(other)) already; delete the one that should not have it.")
        }
        var sealed: [KeyMaterial] = []
        do throws(KeyBackendError) {
            for each in materials where !key.has(each.material.id) {
                sealed.append(try sealer.sealAgain(each.material, each.secret.bytes, for: key.id, host))
            }
        } catch {
            throw KeyServiceError(error)
        }
        return sealed
    }
}
