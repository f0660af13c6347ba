import StrongroomStorage

@testable import Strongroom

/// A key in a bucket.
struct Place: Sendable, Hashable, CustomStringConvertible {
    var bucket: BucketName
    var key: ObjectKey
    var description: String { "\(bucket)/\(key.rawValue.debugDescription)" }
}

/// All that a store should hold after the commit `lsn`: the reference that a real store is held against.
struct World: Sendable {
    var lsn: UInt64 = 0
    var buckets: [BucketName: WorldBucket] = [:]

    /// The versions under a key, newest last.
    func stack(_ place: Place) -> [WorldVersion] { buckets[place.bucket]?.stacks[place.key] ?? [] }

    func current(_ place: Place) -> WorldObject? { stack(place).last?.object }

    enum Found {
        case object(WorldObject)
        case refused(StoreError.Code)
    }

    /// The newest object, or the version named.
    func find(_ place: Place, _ version: VersionID?) -> Found {
        guard let version else { return current(place).map(Found.object) ?? .refused(.noSuchKey) }
        guard let found = stack(place).first(where: { $0.id == version }) else { return .refused(.noSuchVersion) }
        return found.object.map(Found.object) ?? .refused(.methodNotAllowed)
    }

    /// What a condition of a write refuses.
    func refusals(of condition: WriteCondition?, at place: Place) -> [StoreError.Code] {
        let current = current(place)
        switch condition {
        case nil: return []
        case .absent: return current == nil ? [] : [.preconditionFailed]
        case .present: return current == nil ? [.noSuchKey] : []
        case .matches(let etag):
            guard let current else { return [.noSuchKey] }
            return current.info.etag == etag ? [] : [.preconditionFailed]
        }
    }

    func upload(_ place: Place, _ id: UploadID) -> WorldUpload? {
        guard let upload = buckets[place.bucket]?.uploads[id], upload.place == place else { return nil }
        return upload
    }

    /// Puts a version on top, as the bucket's versioning says.
    mutating func push(_ version: WorldVersion, at place: Place) {
        guard var bucket = buckets[place.bucket] else { preconditionFailure("no bucket \(place.bucket)") }
        if bucket.versioning != .enabled { bucket.stacks[place.key]?.removeAll { $0.id == .null } }
        bucket.stacks[place.key, default: []].append(version)
        buckets[place.bucket] = bucket
    }

    mutating func remove(_ id: VersionID, at place: Place) {
        buckets[place.bucket]?.stacks[place.key]?.removeAll { $0.id == id }
        if stack(place).isEmpty { buckets[place.bucket]?.stacks[place.key] = nil }
    }

    /// Changes the newest version, or the one named.
    mutating func change(_ place: Place, _ version: VersionID?, _ body: (inout WorldObject) -> Void) {
        let stack = stack(place)
        let index = version.map { id in stack.firstIndex { $0.id == id } } ?? stack.indices.last
        guard let index, var object = stack[index].object else { return }
        body(&object)
        buckets[place.bucket]?.stacks[place.key]?[index].object = object
    }
}

struct WorldBucket: Sendable {
    var versioning: Versioning
    var hasObjectLock = false
    var defaultRetention: DefaultRetention?
    var defaultEncryption = DefaultEncryption.s3Managed
    var allowsCustomerKeys = false
    var stacks: [ObjectKey: [WorldVersion]] = [:]
    var uploads: [UploadID: WorldUpload] = [:]
}

struct WorldVersion: Sendable {
    var id: VersionID
    /// The commit that wrote it.
    var commit: CommitReceipt
    /// Nil for a delete marker.
    var object: WorldObject?
}

/// An upload that is neither completed nor aborted.
struct WorldUpload: Sendable {
    struct Part: Sendable {
        var info: PartInfo
        var content: Content
    }

    var place: Place
    var options: PutOptions
    /// Decided when it began.
    var encryption: WorldEncryption
    /// As it was told then.
    var descriptor: EncryptionDescriptor
    var commit: CommitReceipt
    var parts: [Int: Part] = [:]
}
