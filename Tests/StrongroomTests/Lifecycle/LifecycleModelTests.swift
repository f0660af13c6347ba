import Foundation
import StrongroomSimulation
import Testing

@testable import Strongroom

/// Random objects, versions and uploads under random rules, run at random times, against a plain model.
@Suite("Lifecycle model")
struct LifecycleModelTests {
    static let start = LifecycleFixture.start
    private static let keys: [ObjectKey] = ["a", "a/b", "a/b/c", "b\0c", "z"]
    private static let tags: [ObjectTags] = [[:], ["t": "1"], ["t": "2"], ["t": "1", "u": "é"]]

    private struct Driver {
        let fixture: LifecycleFixture
        let hasLocks: Bool
        var generator: SeededGenerator
        var model: LifecycleModel
        var report = LifecycleReport()

        var bucket: Bucket { fixture.bucket }

        mutating func step() async throws {
            let key = LifecycleModelTests.keys.randomElement(using: &generator)!
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<35: try await put(key)
            case 35..<43: try await delete(key)
            case 43..<48: try await remove(key)
            case 48..<54: try await createUpload(key)
            case 54..<60: try await setRules()
            case 60..<63: try await setVersioning()
            case 63..<85: passTime()
            default: try await run()
            }
        }

        private mutating func put(_ key: ObjectKey) async throws {
            let sizeBytes = Int.random(in: 0...22, using: &generator)
            let tags = LifecycleModelTests.tags.randomElement(using: &generator)!
            var version = LifecycleModel.Version(
                isMarker: false, created: .now, sizeBytes: sizeBytes, tags: tags.values)
            version.isLocked = hasLocks && Int.random(in: 0..<4, using: &generator) == 0
            let receipt = try await bucket.put(
                key, generator.bytes(sizeBytes), options: PutOptions(tags: tags, legalHold: version.isLocked))
            (version.id, version.created) = (receipt.versionID, receipt.lastModified)
            model.put(version, at: key)
        }

        private mutating func delete(_ key: ObjectKey) async throws {
            let receipt = try await bucket.delete(key)
            model.delete(key, marker: receipt.versionID, at: now)
        }

        private mutating func remove(_ key: ObjectKey) async throws {
            guard let version = model.versions[key]?.randomElement(using: &generator), let id = version.id else {
                return
            }
            guard !version.isLocked else { return }
            _ = try await bucket.delete(key, version: id)
            model.versions[key]?.removeAll { $0.id == id }
            if model.versions[key]?.isEmpty == true { model.versions[key] = nil }
        }

        private mutating func createUpload(_ key: ObjectKey) async throws {
            let upload = try await bucket.createUpload(key)
            model.uploads.append(.init(key: key, id: upload.id, initiated: upload.initiated))
        }

        private mutating func setRules() async throws {
            let count = Int.random(in: 0...4, using: &generator)
            model.rules = (0..<count).map { LifecycleRuleTests.randomRule("\($0)", &generator) }
            try await bucket.setLifecycle(count == 0 ? nil : try LifecycleConfiguration(model.rules))
            #expect(try await bucket.lifecycle()?.rules ?? [] == model.rules)
        }

        private mutating func setVersioning() async throws {
            guard model.versioning != .unversioned, !hasLocks else { return }
            model.versioning = Bool.random(using: &generator) ? .enabled : .suspended
            try await bucket.setVersioning(model.versioning)
        }

        private mutating func passTime() {
            fixture.clock.advance(milliseconds: .random(in: 1...60_000_000, using: &generator))
        }

        private var now: Date { Date(storeMilliseconds: fixture.clock.wallMilliseconds()) }

        private mutating func run() async throws {
            model.run(at: now)
            // A run is no single moment: where a null marker takes the place of a null version that the next page would
            // have shown, what stands below that is younger than the model says, and goes with a later run.
            let pageRows = Int.random(in: 1...5, using: &generator)
            let report = try await fixture.run(pageRows: model.versioning == .suspended ? 256 : pageRows)
            #expect(report.failures.isEmpty && report.unlistedFailureCount == 0)
            self.report.expiredCount += report.expiredCount
            self.report.hiddenCount += report.hiddenCount
            self.report.removedVersionCount += report.removedVersionCount
            self.report.removedMarkerCount += report.removedMarkerCount
            self.report.abortedUploadCount += report.abortedUploadCount
            self.report.lockedCount += report.lockedCount
            try await compare()
        }

        mutating func compare() async throws {
            var found: [ObjectKey: [LifecycleModel.Version]] = [:]
            for entry in try await bucket.listVersions().entries {
                switch entry {
                case .object(let info, _):
                    let expected = model.versions[entry.key]?.first { $0.id == info.versionID }
                    found[entry.key, default: []].append(
                        .init(
                            id: info.versionID, isMarker: false, created: info.lastModified,
                            sizeBytes: Int(info.sizeBytes), tags: expected?.tags ?? [:], isLocked: info.legalHold))
                case .deleteMarker(let info, _):
                    found[entry.key, default: []].append(
                        .init(id: info.versionID, isMarker: true, created: info.lastModified))
                }
            }
            for (key, stack) in model.versions {
                guard let first = stack.first, first.id == nil else { continue }
                model.versions[key]?[0].id = found[key]?.first?.id
            }
            try #require(found == model.versions)
            let uploads = try await bucket.listUploads().uploads.map(\.id)
            try #require(Set(uploads.map(\.description)) == Set(model.uploads.map(\.id.description)))
        }
    }

    @Test("A bucket is what the model says, whatever its versioning", arguments: 0..<16)
    func random(_ seed: UInt64) async throws {
        let fixture = try await LifecycleFixture()
        let hasLocks = seed % 4 == 3
        let versioning: Versioning = seed % 4 == 0 ? .unversioned : .enabled
        try await fixture.store.createBucket("bucket", versioning: versioning, objectLock: hasLocks)
        var driver = Driver(
            fixture: fixture, hasLocks: hasLocks,  // Seeds side by side are one stream, begun a number later.
            generator: SeededGenerator(seed: (seed + 1) &* 0xD134_2543_DE82_EF95),
            model: LifecycleModel(versioning: versioning))
        for _ in 0..<400 { try await driver.step() }
        try await driver.compare()
        // Runs that delete nothing prove nothing.
        #expect(driver.report.deletedCount > 0)
    }
}
