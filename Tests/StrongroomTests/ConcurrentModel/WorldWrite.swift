import Foundation
import StrongroomStorage

@testable import Strongroom

/// A new object: by a put, a copy or a completion.
struct WorldWrite {
    var content: Content
    var options: PutOptions
    var encryption: WorldEncryption
    /// Nil where not known.
    var tags: [String: String]?
    /// Nil where not known, and for what is in parts.
    var etag: ETagKind?
    var parts: [ObjectPartInfo]?

    /// Why the receipt is not of this; nil where it is.
    fileprivate func objection(to receipt: PutReceipt) -> String? {
        if let objection = encryption.objection(to: receipt.encryption) { return objection }
        if parts != nil, encryption.hidesChecksums {
            // A completion shows no key.
            guard receipt.checksums.isEmpty else { return "it tells checksums to whoever has shown no key" }
            return receipt.sizeBytes == UInt64(content.bytes.count) ? nil : "the size is \(receipt.sizeBytes)"
        }
        if let objection = content.objection(to: receipt.checksums, receipt.sizeBytes) { return objection }
        return etag.flatMap { content.objection(to: receipt.etag, $0, encryption) }
    }
}

extension World {
    /// Puts the new object on top, held against what the receipt says of it.
    mutating func put(
        _ write: WorldWrite, at place: Place, _ receipt: PutReceipt, _ commit: CommitReceipt
    ) -> String? {
        guard let bucket = buckets[place.bucket] else { return "there is no bucket \(place.bucket)" }
        guard receipt.lsn == commit.lsn else { return "the receipt is of another commit than \(commit.lsn)" }
        let time = Date(storeMilliseconds: commit.timeMilliseconds)
        guard receipt.lastModified == time else { return "the receipt's time is not the commit's, \(time)" }
        if let objection = write.objection(to: receipt) { return objection }
        guard (receipt.versionID == .null) == (bucket.versioning != .enabled) else {
            return "versioning is \(bucket.versioning), the version \(receipt.versionID)"
        }
        if receipt.versionID != .null, stack(place).contains(where: { $0.id == receipt.versionID }) {
            return "the version was there before"
        }
        let options = write.options
        var retention = options.retention
        if retention == nil, let term = bucket.defaultRetention {
            let until = Date(storeMilliseconds: commit.timeMilliseconds + term.milliseconds)
            retention = Retention(mode: term.mode, until: until)
        }
        let info = ObjectInfo(
            key: place.key, sizeBytes: UInt64(write.content.bytes.count), lastModified: time, etag: receipt.etag,
            checksums: write.content.checksums, contentType: options.contentType, headers: options.headers,
            metadata: options.metadata, tagCount: write.tags?.count ?? 0, storageClass: options.storageClass,
            versionID: receipt.versionID, encryption: receipt.encryption, lsn: commit.lsn, retention: retention,
            legalHold: options.legalHold, partCount: write.parts?.count)
        let object = WorldObject(
            info: info, content: write.content, encryption: write.encryption, tags: write.tags, parts: write.parts,
            isRetainedByDefault: options.retention == nil)
        push(WorldVersion(id: receipt.versionID, commit: commit, object: object), at: place)
        return nil
    }
}
