import StrongroomCrypto
import StrongroomKeys

@testable import Strongroom

/// What a store's users can see, as text: buckets, versions with the hash of all their bytes, tags and locks, uploads
/// with the sizes and ETags of their parts; documents of buckets, and users with their keys.
struct StoreCensus: Equatable {
    /// What is known of each thing, by its name.
    private(set) var things: [String: String] = [:]

    init(of store: Store) async throws {
        for info in try await store.listBuckets() {
            things["bucket \(info.name)"] =
                "\(info.versioning) \(info.defaultEncryption) \(info.objectLock) "
                + "\(String(describing: info.defaultRetention))"
            let bucket = store.bucket(info.name)
            try await addVersions(of: bucket)
            try await addUploads(of: bucket)
            try await addDocuments(of: bucket)
        }
        try await addUsers(of: store)
    }

    private mutating func addDocuments(of bucket: Bucket) async throws {
        for number in UInt8(1)...6 {
            guard let bytes = try await bucket.document(BucketDocumentKind(rawValue: number)) else { continue }
            things["bucket \(bucket.name) document \(number)"] = bytes.description
        }
    }

    private mutating func addUsers(of store: Store) async throws {
        for user in try await store.listUsers() {
            things["user \(user.name)"] =
                "\(user.id) \(user.created) \(user.isAdministrator) \(user.lsn) \(Self.text(user.policies)) "
                + "\(user.accessKeys)"
            for key in user.accessKeys {
                guard let found = try await store.accessKeySecret(key.id), found.user == user, found.key == key else {
                    throw CensusFailure("the key \(key.id) is not found")
                }
            }
        }
    }

    private mutating func addVersions(of bucket: Bucket) async throws {
        let page = try await bucket.listVersions()
        guard page.damaged.isEmpty, page.continuation == nil else { throw CensusFailure(page.damaged.description) }
        for entry in page.entries {
            let name = "\(bucket.name)/\(entry.key.rawValue) version \(entry.versionID)"
            guard case .object(let info, let isLatest) = entry else {
                things[name] = "delete marker, latest: \(entry.isLatest)"
                continue
            }
            let body = try await bucket.get(entry.key, version: entry.versionID)
            let bytes = try await body.collect(upTo: 1 << 20)
            let tags = try await bucket.tags(of: entry.key, version: entry.versionID)
            things[name] =
                try "latest: \(isLatest), \(info.etag), \(info.lastModified), \(info.contentType ?? ""), "
                + "\(info.encryption), \(Self.text(info.metadata)), "
                + "\(Self.text(tags.tags.values)), "
                + "\(String(describing: info.retention)), \(info.legalHold), "
                + Self.text(bytes)
        }
        let listed = try await bucket.list().objects.map(\.key.rawValue)
        let latest = page.entries.filter { $0.isLatest && !$0.isDeleteMarker }.map(\.key.rawValue)
        guard listed == latest else { throw CensusFailure("list has \(listed), the versions are \(latest)") }
    }

    private mutating func addUploads(of bucket: Bucket) async throws {
        for upload in try await bucket.listUploads().uploads {
            let parts = try await bucket.listParts(upload.key, upload.id).parts
            things["\(bucket.name)/\(upload.key.rawValue) upload \(upload.id)"] =
                parts.map { "\($0.number) \($0.etag) \($0.sizeBytes)" }.description
        }
    }

    /// Of bytes that were read: printing each of them takes a minute under a sanitizer.
    static func text(_ bytes: [UInt8]) throws -> String {
        Hexadecimal.encode(try Digest.hash(.sha256, unsafe bytes.span.bytes))
    }

    private static func text(_ pairs: [String: String]) -> String {
        pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    }

    /// Whether each thing is as it is in one of the two.
    func isBetween(_ before: StoreCensus, _ after: StoreCensus) -> Bool {
        let names = Set(things.keys).union(before.things.keys).union(after.things.keys)
        return names.allSatisfy { [before.things[$0], after.things[$0]].contains(things[$0]) }
    }

    func difference(to other: StoreCensus) -> [String] {
        Set(things.keys).union(other.things.keys).filter { things[$0] != other.things[$0] }.sorted()
    }
}

struct CensusFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
