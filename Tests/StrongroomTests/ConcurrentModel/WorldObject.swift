import Foundation
import StrongroomStorage

@testable import Strongroom

/// An object as it should be.
struct WorldObject: Sendable {
    /// What is true of it; of no account are the tags' number where they are not known, and the very moment of a
    /// retention that counts from the commit by a clock that nobody else reads.
    var info: ObjectInfo
    var content: Content
    /// Nil where not known: a copy read its source at a moment between two changes of the tags.
    var tags: [String: String]?
    var isRetainedByDefault = false
    /// Whether content type, headers and metadata are not known, for the same reason as tags: receipts tell a copy's
    /// bytes, which its source may have had before a change and after it.
    var isVague = false

    /// Why `found` is not this object; nil where it is.
    func objection(to found: ObjectInfo) -> String? {
        var expected = info
        if tags == nil { expected.tagCount = found.tagCount }
        if isVague {
            (expected.contentType, expected.headers) = (found.contentType, found.headers)
            expected.metadata = found.metadata
        }
        if isRetainedByDefault, let wanted = info.retention, let retention = found.retention,
            abs(wanted.until.timeIntervalSince(retention.until)) < Self.clockTolerance
        {
            expected.retention?.until = retention.until
        }
        return found == expected ? nil : "expected \(expected), found \(found)"
    }

    /// Far less than what lies between the moments that steps name and those that defaults give.
    private static let clockTolerance: TimeInterval = 600
}

extension World {
    /// A put, a copy or a completion: the new object on top, held against what the receipt says of it.
    mutating func put(
        _ content: Content, at place: Place, _ options: PutOptions, tags: [String: String]?, _ receipt: PutReceipt,
        _ commit: CommitReceipt, partCount: Int? = nil
    ) -> String? {
        guard let bucket = buckets[place.bucket] else { return "there is no bucket \(place.bucket)" }
        guard receipt.lsn == commit.lsn else { return "the receipt is of another commit than \(commit.lsn)" }
        let time = Date(storeMilliseconds: commit.timeMilliseconds)
        guard receipt.lastModified == time else { return "the receipt's time is not the commit's, \(time)" }
        if let objection = content.objection(to: receipt.checksums, receipt.sizeBytes) { return objection }
        guard (receipt.versionID == .null) == (bucket.versioning != .enabled) else {
            return "versioning is \(bucket.versioning), the version \(receipt.versionID)"
        }
        guard (receipt.encryption != .none) == bucket.seals(options.encryption) else {
            return "the encryption is \(receipt.encryption)"
        }
        if receipt.versionID != .null, stack(place).contains(where: { $0.id == receipt.versionID }) {
            return "the version was there before"
        }
        var retention = options.retention
        if retention == nil, let term = bucket.defaultRetention {
            let until = Date(storeMilliseconds: commit.timeMilliseconds + term.milliseconds)
            retention = Retention(mode: term.mode, until: until)
        }
        let info = ObjectInfo(
            key: place.key, sizeBytes: UInt64(content.bytes.count), lastModified: time, etag: receipt.etag,
            checksums: receipt.checksums, contentType: options.contentType, headers: options.headers,
            metadata: options.metadata, tagCount: tags?.count ?? 0, storageClass: options.storageClass,
            versionID: receipt.versionID, encryption: receipt.encryption, lsn: commit.lsn, retention: retention,
            legalHold: options.legalHold, partCount: partCount)
        let object = WorldObject(
            info: info, content: content, tags: tags, isRetainedByDefault: options.retention == nil)
        push(WorldVersion(id: receipt.versionID, commit: commit, object: object), at: place)
        return nil
    }
}
