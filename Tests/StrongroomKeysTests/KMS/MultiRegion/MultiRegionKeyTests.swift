import StrongroomCrypto
import SystemPackage
import Testing

@testable import StrongroomKMS
@testable import StrongroomKeys

/// Keys in several regions: what they share, and what is each one's own.
@Suite struct MultiRegionKeyTests {
    private let regions = Regions()
    private let context: EncryptionContext

    init() throws { context = try EncryptionContext(["a": "b"]) }

    private func pair() async throws -> (primary: KeyService, replica: KeyService, key: KeyMetadata) {
        let (here, there) = (try await regions.create("eu-west-1"), try await regions.create("us-east-1"))
        let key = try await here.createKey(description: "here", multiRegion: true)
        return (here, there, key)
    }

    // MARK: - Replicas

    @Test func aReplicaHasTheSameMaterialAndTheRestOfItsOwn() async throws {
        let (here, there, key) = try await pair()
        #expect(key.keyID.hasPrefix("mrk-") && key.keyID.utf8.count == 36 && key.arn.hasSuffix(key.keyID))
        #expect(key.multiRegion?.keyType == .primary && key.multiRegion?.replicaKeyARNs == [])
        let sealed = try await here.generateDataKey(keyID: key.arn, encryptionContext: context)
        let tag = try KeyTag(name: "team", value: "blue")
        let replica = try await here.replicateKey(key.arn, to: there, description: "there", tags: [tag])
        #expect(replica.keyID == key.keyID && replica.arn != key.arn && replica.state == .enabled)
        #expect(replica.currentMaterialID == key.currentMaterialID && replica.keyDescription == "there")
        #expect(replica.multiRegion?.keyType == .replica && replica.multiRegion?.primaryKeyARN == key.arn)
        #expect(try await there.tags(of: replica.arn) == [tag])
        #expect(try await here.tags(of: key.arn) == [])
        let told = try await here.describeKey(key.arn).multiRegion
        #expect(told?.replicaKeyARNs == [replica.arn] && replica.multiRegion?.replicaKeyARNs == [replica.arn])
        // Each opens what the other has sealed.
        let opened = try await there.decrypt(sealed.wrapped, encryptionContext: context)
        #expect(try opened.isEqual(to: sealed.plaintext))
        let back = try await there.generateDataKey(keyID: replica.keyID, encryptionContext: context)
        #expect(back.wrapped.keyID == replica.arn && back.wrapped.keyVersion == sealed.wrapped.keyVersion)
        #expect(try await here.decrypt(back.wrapped, encryptionContext: context).isEqual(to: back.plaintext))
        // Names, and whether it is enabled, are each one's own.
        _ = try await there.createAlias("alias/there", targetKeyID: replica.arn)
        #expect(try await code { _ = try await here.describeKey("alias/there") } == .notFound)
        _ = try await here.disableKey(key.arn)
        #expect(try await there.describeKey(replica.arn).state == .enabled)
        #expect(try await code { _ = try await here.decrypt(back.wrapped, encryptionContext: context) } == .disabled)
        _ = try await there.decrypt(sealed.wrapped, encryptionContext: context)
    }

    /// What is expected is a key of this region; what was sealed may say another.
    @Test func theExpectedKeyIsTheLocalOne() async throws {
        let (here, there, key) = try await pair()
        let other = try await there.createKey(multiRegion: true)
        let replica = try await here.replicateKey(key.arn, to: there)
        let sealed = try await here.generateDataKey(keyID: key.arn, encryptionContext: context).wrapped
        func opening(_ keyID: String?, _ sealed: WrappedDataKey, _ context: EncryptionContext) async throws
            -> KeyServiceError.Code?
        {
            try await code { _ = try await there.decrypt(sealed, keyID: keyID, encryptionContext: context) }
        }
        #expect(try await opening(replica.arn, sealed, context) == nil)
        #expect(try await opening(replica.keyID, sealed, context) == nil)
        #expect(try await opening(key.arn, sealed, context) == .notFound)
        #expect(try await opening(other.arn, sealed, context) == .incorrectKey)
        #expect(try await opening(nil, sealed, .empty) == .invalidCiphertext)
        var swapped = sealed
        swapped.keyID = other.arn
        #expect(try await opening(nil, swapped, context) == .incorrectKey)
        // An ARN of another region is of a related key or of none.
        swapped.keyID = key.arn.replacing("eu-west-1", with: "eu-west-2")
        #expect(try await opening(nil, swapped, context) == nil)
        swapped.keyID = key.arn.replacing(":key/", with: ":alias/")
        #expect(try await opening(nil, swapped, context) != nil)
        let single = try await here.createKey()
        let own = try await here.generateDataKey(keyID: single.arn, encryptionContext: context).wrapped
        #expect(try await opening(nil, own, context) == .notFound)
        // Nothing else takes such a name.
        #expect(try await code { _ = try await there.generateDataKey(keyID: key.arn) } == .notFound)
        #expect(try await code { _ = try await there.disableKey(key.arn) } == .notFound)
        // In the form of one text, which names the key by its id.
        let ciphertext = try KeyCiphertext(sealed)
        _ = try await there.decrypt(ciphertext, keyID: replica.arn, encryptionContext: context)
        let moved = try await there.rewrap(sealed, encryptionContext: context)
        #expect(moved.keyID == replica.arn)
        _ = try await here.decrypt(moved, encryptionContext: context)
    }

    @Test func whatCannotBeReplicatedIsRefused() async throws {
        let (here, there, key) = try await pair()
        let single = try await here.createKey()
        #expect(try await code { _ = try await here.replicateKey(single.arn, to: there) } == .unsupportedOperation)
        let replica = try await here.replicateKey(key.arn, to: there)
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: there) } == .alreadyExists)
        #expect(try await code { _ = try await there.replicateKey(replica.arn, to: here) } == .unsupportedOperation)
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: here) } == .validation)
        let stranger = try await Regions().create("eu-south-1")
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: stranger) } == .validation)
        #expect(
            try await code { _ = try await here.createKey(origin: .external, multiRegion: true) }
                == .unsupportedOperation)
        _ = try await here.disableKey(key.arn)
        let third = try await regions.create("eu-south-1")
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: third) } == .disabled)
        #expect(try await code { _ = try await here.updatePrimaryRegion(key.arn, to: there) } == .disabled)
        _ = try await here.enableKey(key.arn)
        _ = try await there.disableKey(replica.arn)
        #expect(try await code { _ = try await here.updatePrimaryRegion(key.arn, to: there) } == .disabled)
        #expect(try await here.describeKey(key.arn).state == .enabled)
        _ = try await there.enableKey(replica.arn)
        #expect(
            try await code { _ = try await here.replicateKey(key.arn, to: .region("ap-east-1")) } == .notFound)
        // Which regions are open is told only to who may ask.
        let mallory = KeyRequester(Caller(principal: "arn:aws:iam::111111111111:role/mallory", account: "111111111111"))
        for region in ["ap-east-1", "us-east-1"] {
            #expect(
                try await code { _ = try await here.replicateKey(key.arn, to: .region(region), as: mallory) }
                    == .accessDenied)
            #expect(
                try await code { try await here.updatePrimaryRegion(key.arn, to: .region(region), as: mallory) }
                    == .accessDenied)
        }
        try await here.updatePrimaryRegion(key.arn, to: .region("us-east-1"))
        #expect(try await there.describeKey(key.keyID).multiRegion?.keyType == .primary)
    }

    // MARK: - What happens meanwhile

    /// The primary is disabled while its replica is being written.
    @Test func aReplicaThatItsPrimaryRefusesIsNotLeftBehind() async throws {
        let (here, there, key) = try await pair()
        let id = try #require(KeyID(key.keyID))
        let halt = regions.haltDisk()
        async let made = code { _ = try await here.replicateKey(key.arn, to: there) }
        await halt.isReached()
        try await disable(id, in: here)
        halt.end()
        #expect(try await made == .disabled)
        #expect(try await code { _ = try await there.describeKey(key.keyID) } == .notFound)
        _ = try await here.enableKey(key.arn)
        _ = try await here.replicateKey(key.arn, to: there)
    }

    @Test func aPrimaryThatGoesBackOnItsSuccessorSaysSo() async throws {
        let (here, there, key) = try await pair()
        let id = try #require(KeyID(key.keyID))
        _ = try await here.replicateKey(key.arn, to: there)
        let halt = regions.haltDisk()
        async let moved = code { try await here.updatePrimaryRegion(key.arn, to: there) }
        await halt.isReached()
        try await disable(id, in: there)
        halt.end()
        #expect(try await moved == .invalidState)
        #expect(try await here.describeKey(key.arn).multiRegion?.keyType == .primary)
        #expect(try await here.describeKey(key.arn).state == .enabled)
        _ = try await there.enableKey(key.keyID)
        try await here.updatePrimaryRegion(key.arn, to: there)
        #expect(try await there.describeKey(key.keyID).multiRegion?.keyType == .primary)
    }

    /// Another call looks after related keys while a rotation is being written.
    @Test func aRotationReachesReplicasWhateverIsAskedMeanwhile() async throws {
        let (here, there, key) = try await pair()
        _ = try await here.replicateKey(key.arn, to: there)
        for service in [here, there] { _ = try await service.describeKey(key.keyID) }
        let halt = regions.haltDisk()
        async let rotated = here.rotateKey(key.arn)
        await halt.isReached()
        _ = try await here.describeKey(key.arn)
        halt.end()
        let current = try await rotated.currentMaterialID
        #expect(try await there.describeKey(key.keyID).currentMaterialID == current)
    }

    private func disable(_ id: KeyID, in service: KeyService) async throws {
        try await service.changeRegistry { (registry, _) throws(KeyServiceError) in
            guard var key = registry.key(id) else { throw KeyReference.notFound(id.description) }
            key.state = .disabled
            registry.update(key)
        }
    }

    /// A keyring that only says that it has a replica is given nothing.
    @Test func whoHasNoMaterialGetsNone() async throws {
        let (here, there, key) = try await pair()
        let id = try #require(KeyID(key.keyID))
        let primary = try #require(try here.current().registry.key(id))
        for isConfirmed in [false, true] {
            try await there.changeRegistry { [host = regions.host] (registry, sealer) throws(KeyServiceError) in
                var forged = primary
                do throws(KeyBackendError) {
                    let own = try sealer.make(for: id, host)
                    forged.materials = [KeyMaterial(id: own.id, createdMilliseconds: 0, sealedKey: own.sealedKey)]
                } catch {
                    throw KeyServiceError(error)
                }
                forged.multiRegion = primary.multiRegion.map(MultiRegionRecord.init(replicaOf:))
                forged.multiRegion?.isConfirmed = isConfirmed
                forged.state = isConfirmed ? .enabled : .creating
                if registry.key(id) == nil { try registry.insert(forged) } else { registry.update(forged) }
            }
            for service in [here, there] { service.related.markDue() }
            _ = try await here.rotateKey(key.arn)
            #expect(try await there.describeKey(key.keyID).materialCount == 1)
            #expect(try await here.describeKey(key.keyID).multiRegion?.replicaKeyARNs == [])
            #expect(regions.host.logged.contains { $0.contains("no material in common") })
        }
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: there) } == .incorrectKeyMaterial)
    }

    /// It would be two keys', in a keyring that nobody could open.
    @Test func aMaterialThatIsAnotherKeysIsNotTaken() async throws {
        var (here, there, key) = try await pair()
        let other = try await there.createKey()
        let otherID = try #require(KeyID(other.keyID))
        @Sendable func forge(_ material: KeyMaterialID, in service: KeyService) async throws {
            try await service.changeRegistry { (registry, _) throws(KeyServiceError) in
                guard var forged = registry.key(otherID), let own = forged.materials.last else { return }
                forged.materials.append(
                    KeyMaterial(id: material, createdMilliseconds: 0, sealedKey: own.sealedKey))
                registry.update(forged)
            }
        }
        let current = try #require(key.currentMaterialID.flatMap { KeyMaterialID($0) })
        try await forge(current, in: there)
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: there) } == .incorrectKeyMaterial)
        let next = try await here.createKey(multiRegion: true)
        _ = try await here.replicateKey(next.arn, to: there)
        await there.close()
        let rotated = try await here.rotateKey(next.arn)
        await here.close()
        there = try await regions.open("us-east-1")
        let newest = try #require(rotated.currentMaterialID.flatMap { KeyMaterialID($0) })
        try await forge(newest, in: there)
        here = try await regions.open("eu-west-1")
        #expect(try await there.describeKey(next.keyID).currentMaterialID == next.currentMaterialID)
        #expect(try await !there.status().relatedKeysAgree)
        #expect(regions.host.logged.contains { $0.contains("is one of the key") })
        await there.close()
        there = try await regions.open("us-east-1")
        #expect(try await there.status().keyCount == 3)
    }

    // MARK: - Rotation

    @Test func aRotationReachesReplicasThatAreOpenAndOthersLater() async throws {
        var (here, there, key) = try await pair()
        _ = try await here.replicateKey(key.arn, to: there)
        let first = try await here.rotateKey(key.arn)
        #expect(try await there.describeKey(key.keyID).currentMaterialID == first.currentMaterialID)
        let listed = try await here.listRotations(key.keyID).items
        #expect(try await there.listRotations(key.keyID).items == listed)
        #expect(try await code { _ = try await there.rotateKey(key.keyID) } == .unsupportedOperation)
        #expect(try await code { _ = try await there.enableKeyRotation(key.keyID) } == .unsupportedOperation)
        #expect(try await code { _ = try await there.disableKeyRotation(key.keyID) } == .unsupportedOperation)
        _ = try await here.enableKeyRotation(key.arn, periodDays: 90)
        #expect(try await there.keyRotationStatus(key.keyID).periodDays == 90)

        await there.close()
        regions.host.pass(days: 91)
        let sealed = try await here.generateDataKey(keyID: key.arn, encryptionContext: context)
        #expect(sealed.wrapped.keyVersion != first.currentMaterialID)
        await here.close()
        // Alone it cannot have the newest material, says so, and does not rotate by itself.
        there = try await regions.open("us-east-1")
        #expect(try await there.describeKey(key.keyID).materialCount == 2)
        let error = await #expect(throws: KeyServiceError.self) {
            _ = try await there.decrypt(sealed.wrapped, encryptionContext: context)
        }
        #expect(error?.code == .keyUnavailable && error?.message.contains("eu-west-1") == true)
        #expect(KeyBackendError(try #require(error)).code == .invalidKeyState)
        here = try await regions.open("eu-west-1")
        #expect(try await there.decrypt(sealed.wrapped, encryptionContext: context).isEqual(to: sealed.plaintext))
        #expect(try await there.describeKey(key.keyID).materialCount == 3)
        await here.close()
        await there.close()
    }

    // MARK: - The primary

    @Test func anotherKeyBecomesThePrimary() async throws {
        let (here, there, key) = try await pair()
        let third = try await regions.create("eu-south-1")
        _ = try await here.enableKeyRotation(key.arn, periodDays: 90)
        let replica = try await here.replicateKey(key.arn, to: there)
        let other = try await here.replicateKey(key.arn, to: third)
        #expect(try await there.describeKey(key.keyID).multiRegion?.replicaKeyARNs == [other.arn, replica.arn])
        try await here.updatePrimaryRegion(key.arn, to: there)
        for service in [here, there, third] {
            let told = try #require(try await service.describeKey(key.keyID).multiRegion)
            #expect(told.primaryKeyARN == replica.arn && told.replicaKeyARNs == [other.arn, key.arn])
            #expect(told.keyType == (service === there ? .primary : .replica))
            #expect(try await service.describeKey(key.keyID).state == .enabled)
        }
        #expect(try await code { _ = try await here.rotateKey(key.arn) } == .unsupportedOperation)
        #expect(
            try await code { _ = try await here.updatePrimaryRegion(key.arn, to: third) } == .unsupportedOperation)
        regions.host.pass(days: 91)
        let rotated = try await there.describeKey(key.keyID)
        #expect(rotated.materialCount == 2)
        for service in [here, third] {
            #expect(try await service.describeKey(key.keyID).currentMaterialID == rotated.currentMaterialID)
        }
    }

    // MARK: - Deletion

    @Test(arguments: [false, true]) func aPrimaryWaitsForItsReplicas(_ isClosed: Bool) async throws {
        var (here, there, key) = try await pair()
        let replica = try await here.replicateKey(key.arn, to: there)
        let waiting = try await here.scheduleKeyDeletion(key.arn, pendingWindowDays: 10)
        #expect(waiting.state == .pendingReplicaDeletion && waiting.deletionMilliseconds == nil)
        #expect(waiting.pendingDeletionWindowDays == 10)
        regions.host.pass(days: 40)
        #expect(try await here.describeKey(key.arn).state == .pendingReplicaDeletion)
        // It can be taken back, and asked for again.
        #expect(try await here.cancelKeyDeletion(key.arn).state == .disabled)
        _ = try await here.scheduleKeyDeletion(key.arn, pendingWindowDays: 10)
        _ = try await there.scheduleKeyDeletion(replica.arn, pendingWindowDays: 7)
        if isClosed { await here.close() }
        regions.host.pass(days: 7.01)
        #expect(try await code { _ = try await there.describeKey(replica.arn) } == .notFound)
        if isClosed { here = try await regions.open("eu-west-1") }
        let begun = try await here.describeKey(key.arn)
        #expect(begun.state == .pendingDeletion && begun.multiRegion?.replicaKeyARNs == [])
        #expect(begun.deletionMilliseconds == regions.host.wallMilliseconds() + 10 * 86_400_000)
        regions.host.pass(days: 10.01)
        #expect(try await code { _ = try await here.describeKey(key.arn) } == .notFound)
        await here.close()
        there = try await regions.open("us-east-1")
        #expect(try await there.status().keyCount == 1)
    }

    @Test func aReplicaGoesBeforeItsPrimaryAndComesBack() async throws {
        let (here, there, key) = try await pair()
        let replica = try await here.replicateKey(key.arn, to: there)
        let sealed = try await there.generateDataKey(keyID: replica.arn, encryptionContext: context)
        _ = try await there.scheduleKeyDeletion(replica.arn, pendingWindowDays: 7)
        #expect(try await code { _ = try await here.replicateKey(key.arn, to: there) } == .alreadyExists)
        regions.host.pass(days: 7.01)
        // What it has sealed its primary opens.
        #expect(try await here.decrypt(sealed.wrapped, encryptionContext: context).isEqual(to: sealed.plaintext))
        _ = try await here.replicateKey(key.arn, to: there)
        #expect(try await there.decrypt(sealed.wrapped, encryptionContext: context).isEqual(to: sealed.plaintext))
        // And who lets the primary go is asked about all of that.
        _ = try await there.scheduleKeyDeletion(replica.arn, pendingWindowDays: 7)
        regions.host.pass(days: 7.01)
        #expect(try await there.status().keyCount == 1)
        #expect(try await here.describeKey(key.arn).multiRegion?.replicaKeyARNs == [])
        let asked = regions.host.questionCount
        _ = try await here.scheduleKeyDeletion(key.arn)
        #expect(regions.host.questionCount == asked + 2)
    }

    /// In a store that was copied from the primary's region objects name its key; it opens them as long as it is open.
    @Test func aReplicaWithoutItsPrimaryIsAskedForAllRegions() async throws {
        let (here, there, key) = try await pair()
        let replica = try await here.replicateKey(key.arn, to: there)
        var asked = regions.host.questionCount
        _ = try await there.scheduleKeyDeletion(replica.arn)
        #expect(regions.host.questionCount == asked + 1)
        _ = try await there.cancelKeyDeletion(replica.arn)
        await here.close()
        asked = regions.host.questionCount
        _ = try await there.scheduleKeyDeletion(replica.arn)
        #expect(regions.host.questionCount == asked + 2)
    }

    // MARK: - Policies

    @Test func policiesAskForRegions() async throws {
        let (here, there, key) = try await pair()
        let third = try await regions.create("eu-south-1")
        _ = try await here.replicateKey(key.arn, to: third)
        func allows(_ condition: String, _ service: KeyService, _ body: () async throws -> Void) async throws -> Bool {
            let policy = """
                {"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Principal":"*","Action":["kms:PutKeyPolicy","kms:ReplicateKey","kms:Describe*",
                "kms:UpdatePrimaryRegion","kms:GenerateDataKey"],"Resource":"*"},
                {"Effect":"Deny","Principal":"*","Action":["kms:ReplicateKey","kms:UpdatePrimaryRegion",
                "kms:GenerateDataKey"],"Resource":"*","Condition":{\(condition)}}]}
                """
            try await service.putKeyPolicy(policy, of: key.keyID)
            return try await code(body) != .accessDenied
        }
        func equals(_ name: String, _ value: String) -> String { #""StringEquals":{"\#(name)":"\#(value)"}"# }
        let seal: (KeyService) -> () async throws -> Void = { service in
            { _ = try await service.generateDataKey(keyID: key.keyID) }
        }
        #expect(try await !allows(equals("kms:MultiRegion", "true"), here, seal(here)))
        #expect(try await allows(equals("kms:MultiRegion", "false"), here, seal(here)))
        #expect(try await !allows(equals("kms:MultiRegionKeyType", "PRIMARY"), here, seal(here)))
        #expect(try await allows(equals("kms:MultiRegionKeyType", "REPLICA"), here, seal(here)))
        #expect(try await !allows(equals("kms:MultiRegionKeyType", "REPLICA"), third, seal(third)))
        let replicate = { () async throws in _ = try await here.replicateKey(key.arn, to: there) }
        #expect(try await !allows(equals("kms:ReplicaRegion", "us-east-1"), here, replicate))
        #expect(try await allows(equals("kms:ReplicaRegion", "eu-south-1"), here, replicate))
        let update = { () async throws in try await here.updatePrimaryRegion(key.arn, to: there) }
        #expect(try await !allows(equals("kms:PrimaryRegion", "us-east-1"), here, update))
        _ = try await allows(equals("kms:PrimaryRegion", "eu-south-1"), here, seal(here))
        #expect(try await !allows(equals("kms:PrimaryRegion", "us-east-1"), there, update))
        #expect(try await here.describeKey(key.arn).state == .enabled)
        _ = try await allows(equals("kms:PrimaryRegion", "eu-south-1"), there, seal(there))
        try await update()
        #expect(try await there.describeKey(key.keyID).multiRegion?.keyType == .primary)
        // A key of one region has no type.
        let single = try await here.createKey()
        let absent =
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","#
            + #""Resource":"*","Condition":{"Null":{"kms:MultiRegionKeyType":"true"}}}]}"#
        try await here.putKeyPolicy(absent, of: single.arn)
        _ = try await here.generateDataKey(keyID: single.arn)
    }
}
