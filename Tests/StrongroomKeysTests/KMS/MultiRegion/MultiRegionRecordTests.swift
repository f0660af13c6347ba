import StrongroomCrypto
import StrongroomKeyring
import StrongroomKeys
import SystemPackage
import Testing

@testable import StrongroomKMS

/// What two keys do next, and what a record may say, without keyrings.
@Suite struct MultiRegionRecordTests {
    private typealias Member = MultiRegionRecord.Member

    private let home = Member(region: "eu-west-1", keyringID: [UInt8](repeating: 1, count: 16))
    private let away = Member(region: "us-east-1", keyringID: [UInt8](repeating: 2, count: 16))
    private let third = Member(region: "eu-south-1", keyringID: [UInt8](repeating: 3, count: 16))

    private func key(
        _ role: MultiRegionRecord.Role, of primary: Member, term: UInt64, replicas: [Member] = [],
        state: KeyState = .enabled
    ) -> KeyRecord {
        let material = KeyMaterial(
            id: KeyMaterialID(bytes: [UInt8](repeating: 7, count: KeyMaterialID.sizeBytes)), createdMilliseconds: 0,
            sealedKey: [UInt8](repeating: 0, count: KeyMaterial.sealedKeySizeBytes))
        var key = KeyRecord(
            id: KeyID(random: [UInt8](repeating: 5, count: KeyID.sizeBytes), isMultiRegion: true),
            createdMilliseconds: 0, manager: .customer, state: state, keyDescription: "", materials: [material])
        var record = MultiRegionRecord(primary: primary)
        (record.role, record.term, record.replicas) = (role, term, replicas)
        if state == .updating { record.promotion = .init(member: replicas[0], term: term + 1) }
        if state == .pendingReplicaDeletion { record.deletionWindowDays = 7 }
        if state == .pendingDeletion { key.deletionMilliseconds = 1 }
        key.multiRegion = record
        return key
    }

    /// It has been the primary in an earlier term, then not, then again; its keyring is that of the earlier term.
    @Test(arguments: [
        (KeyState.enabled, KeyState.enabled), (.disabled, .disabled), (.updating, .enabled),
        (.pendingReplicaDeletion, .disabled), (.pendingDeletion, .pendingReplicaDeletion),
    ]) func aPrimaryThatIsPutBackIsItAgain(_ old: KeyState, _ new: KeyState) {
        let replica = key(.replica, of: home, term: 4, replicas: [away])
        for role in [MultiRegionRecord.Role.primary, .replica] where role == .primary || old == .enabled {
            var restored = key(role, of: role == .primary ? home : away, term: 0, replicas: [away], state: old)
            if role == .replica { restored.multiRegion?.replicas = [home] }
            #expect(restored.isConsistent)
            #expect(RelatedKeysStep.next(restored, at: home, replica, at: away) == nil)
            #expect(RelatedKeysStep.next(replica, at: away, restored, at: home) == .reinstate)
            restored.reinstate(by: replica)
            #expect(restored.isConsistent && restored.state == new && restored.multiRegion?.term == 4)
            #expect(restored.multiRegion?.role == .primary && restored.multiRegion?.primary == home)
            #expect(RelatedKeysStep.next(replica, at: away, restored, at: home) == nil)
        }
    }

    @Test func aReplicaOfItselfIsHealedAndTwoPrimariesOfATermAreNotMade() {
        let replica = key(.replica, of: home, term: 4, replicas: [away])
        let lost = key(.replica, of: home, term: 4, replicas: [away])
        #expect(RelatedKeysStep.next(lost, at: home, replica, at: away) == nil)
        #expect(RelatedKeysStep.next(replica, at: away, lost, at: home) == .reinstate)
        let other = key(.replica, of: third, term: 4, replicas: [home])
        #expect(RelatedKeysStep.next(replica, at: away, other, at: home) == nil)
    }

    @Test func noTermIsUsedTwice() {
        var primary = key(.primary, of: home, term: 0, replicas: [away])
        primary.intend(away)
        primary.abandonPromotion()
        #expect(primary.isConsistent && primary.state == .enabled && primary.multiRegion?.term == 1)
        primary.intend(away)
        #expect(primary.multiRegion?.promotion?.term == 2)
        primary.forget(away, at: 0)
        #expect(primary.isConsistent && primary.state == .enabled && primary.multiRegion?.term == 2)
    }

    @Test func whatNoRequestCouldMakeIsRefused() {
        let regions = (0...64).map { "r-" + String(1_000 + $0) }
        let members = regions.map { Member(region: $0, keyringID: home.keyringID) }
        let changes: [(inout MultiRegionRecord) -> Void] = [
            { $0.term = .max }, { $0.term = 1 << 32 }, { $0.formerRegions = regions }, { $0.replicas = members },
            { $0.promotion = .init(member: third, term: 9) }, { $0.promotion = .init(member: away, term: 3) },
            { $0.promotion = .init(member: away, term: .max) }, { $0.deletionWindowDays = 200 },
        ]
        let sound = key(.primary, of: home, term: 3, replicas: [away]).multiRegion
        #expect(sound?.isConsistent == true)
        for change in changes {
            var record = sound
            if record != nil { change(&record!) }
            #expect(record?.isConsistent == false)
        }
    }

    /// A primary is in the keyring in which it stands.
    @Test func aPrimaryOfAnotherKeyringIsNotWritten() async throws {
        let service = try await Regions().create("eu-west-1")
        let forged = key(.primary, of: away, term: 0)
        let refused = try await code {
            try await service.changeRegistry { (registry, _) throws(KeyServiceError) in try registry.insert(forged) }
        }
        #expect(refused == .internalFailure)
        #expect(try await service.status().keyCount == 1)
        await service.close()
    }
}
