import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// The disk ends at every step of what changes two keyrings: whichever of them is opened again, alone or with the
/// other, no key is used that its primary does not know, and never do two rotate.
@Suite(.serialized) struct MultiRegionCrashTests {
    private let home = "eu-west-1"
    private let away = "us-east-1"

    private enum Opened: String, CaseIterable { case both, homeAlone, awayAlone }

    /// Steps of files after which the disk ends; one change takes five.
    private static let ends = Array(0...26)

    @Test(arguments: ends) func aReplicaIsMadeWholeOrNotAtAll(_ end: Int) async throws {
        for opened in Opened.allCases {
            let regions = Regions()
            var (here, there) = (try await regions.create(home), try await regions.create(away))
            let key = try await here.createKey(multiRegion: true)
            let sealed = try await here.generateDataKey(keyID: key.arn)
            regions.endDisk(after: end)
            let isMade = try await code { _ = try await here.replicateKey(key.arn, to: there) } == nil
            #expect(isMade || regions.hasEnded)
            await close(here, there)
            regions.mendDisk()

            if opened == .awayAlone {
                there = try await regions.open(away)
                // Only what the primary knows of may be there for use, and it is the last to be written.
                let state = try? await there.describeKey(key.keyID).state
                #expect(isMade ? state == .enabled : state == nil || state == .creating || state == .enabled)
                if state == .creating {
                    #expect(try await code { _ = try await there.decrypt(sealed.wrapped) } == .invalidState)
                    #expect(try await code { _ = try await there.enableKey(key.keyID) } == .invalidState)
                }
                here = try await regions.open(home)
            } else {
                here = try await regions.open(home)
                if opened == .homeAlone { _ = try await here.rotateKey(key.arn) }
                there = try await regions.open(away)
            }
            let isThere = try await here.describeKey(key.arn).multiRegion?.replicaKeyARNs.count == 1
            #expect(isThere || !isMade)
            #expect(try await code { _ = try await there.describeKey(key.keyID) } == (isThere ? nil : .notFound))
            if !isThere { _ = try await here.replicateKey(key.arn, to: there) }
            #expect(try await there.describeKey(key.keyID).state == .enabled)
            #expect(try await there.decrypt(sealed.wrapped).isEqual(to: sealed.plaintext))
            let listed = try await here.listRotations(key.keyID).items
            #expect(try await there.listRotations(key.keyID).items == listed)
            await close(here, there)
        }
    }

    @Test(arguments: ends) func neverDoTwoPrimariesRotate(_ end: Int) async throws {
        for opened in Opened.allCases {
            let regions = Regions()
            var (here, there) = (try await regions.create(home), try await regions.create(away))
            let key = try await here.createKey(multiRegion: true)
            _ = try await here.enableKeyRotation(key.arn, periodDays: 90)
            _ = try await here.replicateKey(key.arn, to: there)
            regions.endDisk(after: end)
            let isMoved = try await code { try await here.updatePrimaryRegion(key.arn, to: there) } == nil
            #expect(isMoved || regions.hasEnded)
            await close(here, there)
            regions.mendDisk()

            // Each alone, after a rotation has come due: at most one of them has done it.
            regions.host.pass(days: 91)
            var rotations = 0
            for region in opened == .homeAlone ? [home, away] : opened == .awayAlone ? [away, home] : [] {
                let alone = try await regions.open(region)
                let told = try await alone.describeKey(key.keyID)
                #expect([.enabled, .updating].contains(told.state))
                rotations += told.materialCount - 1
                if told.state == .updating {
                    #expect(told.multiRegion?.keyType == .primary)
                    _ = try await alone.generateDataKey(keyID: key.keyID)
                    #expect(try await code { _ = try await alone.rotateKey(key.keyID) } == .invalidState)
                }
                await alone.close()
            }
            #expect(rotations <= 1)
            (here, there) = (try await regions.open(home), try await regions.open(away))
            try await agree(here, there, key, isMoved)
            await close(here, there)
        }
    }

    /// One primary, and what the one seals the other opens.
    private func agree(_ here: KeyService, _ there: KeyService, _ key: KeyMetadata, _ isMoved: Bool) async throws {
        // What is due, and what the one has not told the other, happens with the first calls.
        for service in [here, there] { _ = try await service.describeKey(key.keyID) }
        let (first, second) = (try await here.describeKey(key.keyID), try await there.describeKey(key.keyID))
        let types = [first.multiRegion?.keyType, second.multiRegion?.keyType]
        #expect(types == [.primary, .replica] || types == [.replica, .primary])
        #expect(!isMoved || types[1] == .primary)
        #expect(first.multiRegion?.primaryKeyARN == second.multiRegion?.primaryKeyARN)
        #expect(first.multiRegion?.replicaKeyARNs == second.multiRegion?.replicaKeyARNs)
        #expect(first.state == .enabled && second.state == .enabled)
        #expect(first.materialCount == 2 && second.currentMaterialID == first.currentMaterialID)
        let (primary, replica) = types[0] == .primary ? (here, there) : (there, here)
        #expect(try await code { _ = try await replica.rotateKey(key.keyID) } == .unsupportedOperation)
        _ = try await primary.rotateKey(key.keyID)
        let sealed = try await primary.generateDataKey(keyID: key.keyID)
        #expect(try await replica.decrypt(sealed.wrapped).isEqual(to: sealed.plaintext))
        try await primary.updatePrimaryRegion(key.keyID, to: replica)
        #expect(try await replica.rotateKey(key.keyID).materialCount == 4)
        #expect(try await primary.describeKey(key.keyID).materialCount == 4)
    }

    /// A keyring that is put back to what it was lacks what came later: it is given that again, and is what it has
    /// become.
    @Test func aKeyringThatIsPutBackLearnsWhatItHasMissed() async throws {
        for restored in [home, away] {
            let regions = Regions()
            var (here, there) = (try await regions.create(home), try await regions.create(away))
            let key = try await here.createKey(multiRegion: true)
            _ = try await here.replicateKey(key.arn, to: there)
            let document = regions.path(restored).appending("kms").appending("keyring")
            let backup = try TestFile.read(document)
            _ = try await here.rotateKey(key.arn)
            try await here.updatePrimaryRegion(key.arn, to: there)
            let sealed = try await there.generateDataKey(keyID: key.keyID)
            await close(here, there)
            try TestFile.write(backup, to: document)
            (here, there) = (try await regions.open(home), try await regions.open(away))
            for service in [here, there] {
                #expect(try await service.decrypt(sealed.wrapped).isEqual(to: sealed.plaintext))
                #expect(try await service.describeKey(key.keyID).materialCount == 2)
            }
            let types = [
                try await here.describeKey(key.keyID).multiRegion?.keyType,
                try await there.describeKey(key.keyID).multiRegion?.keyType,
            ]
            #expect(types == [.replica, .primary])
            await close(here, there)
        }
    }

    /// A keyring of an earlier term of the same primary.
    @Test func aPrimaryThatIsPutBackBeyondTwoChangesIsItAgain() async throws {
        let regions = Regions()
        var (here, there) = (try await regions.create(home), try await regions.create(away))
        let key = try await here.createKey(multiRegion: true)
        _ = try await here.replicateKey(key.arn, to: there)
        let document = regions.path(home).appending("kms").appending("keyring")
        let backup = try TestFile.read(document)
        try await here.updatePrimaryRegion(key.arn, to: there)
        _ = try await there.rotateKey(key.keyID)
        try await there.updatePrimaryRegion(key.keyID, to: here)
        let sealed = try await here.generateDataKey(keyID: key.keyID)
        await close(here, there)
        try TestFile.write(backup, to: document)
        (here, there) = (try await regions.open(home), try await regions.open(away))
        #expect(try await here.decrypt(sealed.wrapped).isEqual(to: sealed.plaintext))
        #expect(try await here.describeKey(key.keyID).multiRegion?.keyType == .primary)
        #expect(try await there.describeKey(key.keyID).multiRegion?.keyType == .replica)
        let rotated = try await here.rotateKey(key.keyID)
        #expect(rotated.materialCount == 3)
        #expect(try await there.describeKey(key.keyID).currentMaterialID == rotated.currentMaterialID)
        await close(here, there)
    }

    private func close(_ services: KeyService...) async { for service in services { await service.close() } }
}
