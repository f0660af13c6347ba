#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

extension KeyCommand {
    struct Usage: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what hangs on a key: in which buckets how many objects and bytes.",
            discussion: """
                Answered at once, from an index. Old versions count, too; of an object in two layers both keys do. What \
                object lock keeps in compliance mode is told with its end: until then nobody may destroy the key.
                """)

        @Argument(help: "The key's id, alias or ARN, or the id under which objects name it.")
        var key: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let usage = try await store.keyUsage(of: key)
            // Else a script would not know whether the key was looked for.
            if usage.buckets.isEmpty, console.json { console.emit(UnusedKeyRecord(keyId: usage.keyID), text: "") }
            for bucket in usage.buckets {
                let record = KeyUsageRecord(usage.keyID, bucket)
                console.emit(record, text: record.text)
            }
            console.say(
                "\(HumanUnits.count(usage.objectCount)) objects in \(HumanUnits.count(UInt64(usage.buckets.count))) buckets, "
                    + "\(HumanUnits.bytes(usage.bytes)), under \(quoted(usage.keyID))")
        }
    }
}

/// The line of `key usage` for a key that nothing hangs on.
struct UnusedKeyRecord: Codable, Equatable {
    var keyId: String
    var objects: UInt64 = 0
    var bytes: UInt64 = 0
}

/// A line of `key usage`.
struct KeyUsageRecord: Codable, Equatable {
    /// What is under one version of the key.
    struct Version: Codable, Equatable {
        /// Absent where it is not known.
        var keyVersion: String?
        var objects: UInt64
        var bytes: UInt64
        var uploads: UInt64
        var bucketKeys: UInt64
    }

    var keyId: String
    var bucket: String
    var objects: UInt64
    var bytes: UInt64
    var uploads: UInt64
    var bucketKeys: UInt64
    /// Objects that are locked in compliance mode at present.
    var complianceLocked: UInt64
    /// When the last of those locks ends; absent where there is none.
    var complianceLockedUntil: Date?
    var versions: [Version]

    init(_ keyID: String, _ usage: KeyUsage.Bucket) {
        (keyId, bucket) = (keyID, usage.name)
        (objects, bytes) = (usage.objectCount, usage.bytes)
        (uploads, bucketKeys) = (usage.uploadCount, usage.bucketKeyCount)
        (complianceLocked, complianceLockedUntil) = (usage.lockedCount, usage.lockedUntil)
        versions = usage.versions.map { version in
            Version(
                keyVersion: version.keyVersion, objects: version.objectCount, bytes: version.bytes,
                uploads: version.uploadCount, bucketKeys: version.bucketKeyCount)
        }
    }

    var text: String {
        var words = [quoted(bucket), "\(HumanUnits.count(objects)) objects", HumanUnits.bytes(bytes)]
        if uploads > 0 { words.append("\(HumanUnits.count(uploads)) uploads under way") }
        if bucketKeys > 0 { words.append("\(HumanUnits.count(bucketKeys)) Bucket Keys") }
        if let end = complianceLockedUntil {
            words.append("\(HumanUnits.count(complianceLocked)) locked until \(end.formatted(.iso8601))")
        }
        return words.joined(separator: "  ")
    }
}
#endif
