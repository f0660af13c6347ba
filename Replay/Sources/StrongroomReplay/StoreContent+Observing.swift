import ReplayDisk
import Strongroom

extension StoreContent {
    /// Reads all of an open store: each version to its last byte, and each way to the same thing against the others.
    init(observing store: Store) async throws {
        for info in try await store.listBuckets() {
            let bucket = store.bucket(info.name)
            buckets[info.name.rawValue] = info.versioning == .enabled
            try await observeVersions(of: bucket, named: info.name.rawValue)
            try await observeUploads(of: bucket, named: info.name.rawValue)
            try await compareListing(of: bucket, named: info.name.rawValue)
        }
    }

    private mutating func observeVersions(of bucket: Bucket, named name: String) async throws {
        var options = VersionListOptions()
        repeat {
            let page = try await bucket.listVersions(options)
            guard page.damaged.isEmpty else { throw ReplayError("\(name) lists as damaged: \(page.damaged)") }
            for entry in page.entries {
                let place = Operation.Place(bucket: name, key: entry.key.rawValue)
                let version =
                    switch entry {
                    case .object(let info, _): try await observe(info, in: bucket)
                    case .deleteMarker(let info, _): Version(id: info.versionID.description, body: nil)
                    }
                guard entry.isLatest == (versions[place] == nil) else {
                    throw ReplayError("\(place): not its first version is the latest")
                }
                versions[place, default: []].append(version)
            }
            options.continuation = page.continuation
        } while options.continuation != nil
    }

    private func observe(_ info: ObjectInfo, in bucket: Bucket) async throws -> Version {
        let body = try await bucket.get(info.key, version: info.versionID)
        let bytes = try await body.collect(upTo: 1 << 20)
        guard bytes.count == info.sizeBytes, body.info.etag == info.etag else {
            throw ReplayError("\(info.key) has \(bytes.count) bytes, and is listed with \(info.sizeBytes)")
        }
        var tags: [String: String] = [:]
        if info.tagCount > 0 { tags = try await bucket.tags(of: info.key, version: info.versionID).tags.values }
        return Version(id: info.versionID.description, body: Body(of: bytes, tags: tags))
    }

    private mutating func observeUploads(of bucket: Bucket, named name: String) async throws {
        for upload in try await bucket.listUploads().uploads {
            var observed = Upload(place: Operation.Place(bucket: name, key: upload.key.rawValue))
            for part in try await bucket.listParts(upload.key, upload.id).parts {
                observed.parts[part.number] = part.etag
            }
            uploads[upload.id.description] = observed
        }
    }

    /// The listing of what is current, which has a table of its own.
    private func compareListing(of bucket: Bucket, named name: String) async throws {
        var listed: [String: String] = [:]
        for try await object in bucket.objects() {
            listed[object.key.rawValue] = object.versionID.description
            guard try await bucket.head(object.key) == object else {
                throw ReplayError("\(name)/\(object.key) is listed otherwise than it is")
            }
        }
        var current: [String: String] = [:]
        for (place, versions) in versions where place.bucket == name && versions[0].body != nil {
            current[place.key] = versions[0].id
        }
        guard listed == current else {
            let all = Set(listed.keys).union(current.keys).sorted()
            let keys = all.filter { listed[$0] != current[$0] }
            throw ReplayError("the listing of \(name) and its versions differ in \(keys)")
        }
    }
}
