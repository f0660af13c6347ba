import Foundation

@testable import Strongroom

/// Chooses one task's steps. The same seed makes the same choices of the same knowledge, whatever comes of them.
struct Chooser {
    /// Few keys, so that they collide; one with zero bytes, one that others are prefixes of.
    static let keys: [ObjectKey] = ["a", "a\0b", "a\0", "a/b", "dir/x", "dir/y", "z", "ä"]

    /// The buckets' names, and how they begin.
    static let buckets: [BucketName: WorldBucket] = [
        "plain": WorldBucket(versioning: .unversioned, allowsCustomerKeys: true),
        "kept": WorldBucket(
            versioning: .enabled, defaultEncryption: .kms(key: "app", bucketKey: true), allowsCustomerKeys: true),
        "moving": WorldBucket(versioning: .unversioned),
        "locked": WorldBucket(versioning: .enabled, hasObjectLock: true),
    ]

    private static let bucketNames = buckets.keys.sorted()

    var generator: SeededGenerator
    let knowledge: Knowledge
    /// From when on retentions are counted; a whole second, so that rows keep it as it is.
    let origin: Date
    /// Whose keys are rotated.
    let service: TestKeyService

    mutating func next() -> any Step {
        // As many versions go as come, or listings and memory grow.
        if knowledge.versionCount > 150, isChosen(3) { return remove() }
        switch number(208) {
        case 0..<38: return put()
        case 38..<54: return delete()
        case 54..<102: return read()
        case 102..<122: return list()
        case 122..<136: return copy()
        case 136..<146: return tags()
        case 146..<147: return VersioningStep(bucket: isChosen(8) ? "locked" : "moving", versioning: versioning())
        case 147..<148: return encryptionSetting()
        case 148..<158: return lock()
        case 158..<159: return DefaultRetentionStep(bucket: "locked", retention: defaultRetention())
        case 159..<160: return CheckpointStep()
        case 160..<164: return remove()
        case 164..<188: return upload()
        case 188..<200: return batch()
        case 200..<206: return updateEncryption()
        case 206..<207: return encryptionSetting()
        default: return isChosen(2) ? keyUpkeep() : read()
        }
    }

    // MARK: What steps are made of

    mutating func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    /// Once in `odds` times.
    mutating func isChosen(_ odds: Int) -> Bool { number(odds) == 0 }

    mutating func bucket() -> BucketName { Self.bucketNames[number(Self.bucketNames.count)] }

    mutating func place() -> Place { Place(bucket: bucket(), key: Self.keys[number(Self.keys.count)]) }

    mutating func version() -> Knowledge.Version? { knowledge.version(number(1 << 20)) }

    /// Mostly tiny, sometimes in the journal, sometimes in a file of its own.
    mutating func content() -> Content {
        let sizes = [0, 1, 600, 3_000, 4_097, 12_000]
        return Content(generator.bytes(isChosen(12) ? sizes[number(sizes.count)] : 24))
    }

    mutating func condition() -> WriteCondition? {
        switch number(10) {
        case 0: .absent
        case 1: .present
        case 2: .matches(version()?.etag ?? "none")
        default: nil
        }
    }

    /// What must be true of a source or of what is read.
    mutating func readConditions() -> ReadConditions {
        var conditions = ReadConditions()
        if isChosen(8) { conditions.matches = [version()?.etag ?? "none"] }
        if isChosen(8) { conditions.differs = [version()?.etag ?? "none"] }
        return conditions
    }

    mutating func range() -> Range<UInt64>? {
        guard isChosen(3) else { return nil }
        let lower = UInt64(number(32))
        return lower..<lower + UInt64(number(5_000))
    }

    mutating func objectTags() -> ObjectTags {
        isChosen(3) ? ObjectTags(checked: ["n": "\(number(1_000))", "m": "\(number(2))"]) : .none
    }

    mutating func putOptions(in bucket: BucketName) -> PutOptions {
        var options = PutOptions(tags: objectTags())
        if isChosen(4) { options.metadata = ["n": "\(number(1_000))"] }
        if isChosen(4) { options.contentType = "text/\(number(10))" }
        if isChosen(4) { options.headers.cacheControl = "max-age=\(number(100))" }
        if isChosen(6) { options.etag = .md5 }
        let odds = bucket == "locked" ? 5 : 60
        if isChosen(odds) { options.retention = retention() }
        if isChosen(2 * odds) { options.legalHold = true }
        return options
    }

    private mutating func versioning() -> Versioning {
        isChosen(20) ? .unversioned : isChosen(2) ? .enabled : .suspended
    }

    /// Sometimes in the past. Half days, so that a default's whole days come between.
    mutating func retention() -> Retention {
        let days = isChosen(20) ? -1.5 : Double(number(4)) + 0.5
        return Retention(mode: mode(), until: origin.addingTimeInterval(days * 24 * 60 * 60))
    }

    private mutating func defaultRetention() -> DefaultRetention? {
        isChosen(2) ? nil : DefaultRetention(mode: mode(), period: .days(1 + number(3)))
    }

    /// What is kept for compliance stays to the end of the test.
    private mutating func mode() -> Retention.Mode { isChosen(20) ? .compliance : .governance }
}
