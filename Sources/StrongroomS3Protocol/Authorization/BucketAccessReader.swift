internal import Strongroom
internal import StrongroomPolicy
internal import Synchronization

/// Reads what buckets say about who may do what, and keeps policies that were read already.
final class BucketAccessReader: Sendable {
    private let store: Store
    private let cache = Mutex(Cache())

    private struct Cache {
        /// By their text.
        var policies: [[UInt8]: PolicyDocument] = [:]
        var sizeBytes = 0
    }

    /// Of texts; more than that are forgotten all at once. What a policy becomes is some thirty times as large at most.
    private static let cacheSizeBytesMaximum = 1 << 20

    init(_ store: Store) { self.store = store }

    /// Of a bucket that there is not, nothing is said, so that nobody learns from a policy whether it is there.
    func access(_ name: String?) async throws(S3Error) -> BucketAccess {
        guard let bytes = try await document(.policy, of: name) else {
            return BucketAccess(policy: nil, publicAccessBlock: try await publicAccessBlock(name))
        }
        return BucketAccess(policy: policy(bytes), publicAccessBlock: try await publicAccessBlock(name))
    }

    /// A document of a bucket; nil where either is not there.
    func document(_ kind: BucketDocumentKind, of name: String?) async throws(S3Error) -> [UInt8]? {
        guard let name, let bucket = try? BucketName(name) else { return nil }
        do throws(StoreError) {
            return try await store.bucket(bucket).document(kind)
        } catch {
            if error.code == .noSuchBucket { return nil }
            throw S3Error(error)
        }
    }

    private func publicAccessBlock(_ name: String?) async throws(S3Error) -> PublicAccessBlock {
        BucketAccess.publicAccessBlock(try await document(.publicAccessBlock, of: name)) ?? .none
    }

    private func policy(_ bytes: [UInt8]) -> PolicyDocument {
        if let known = cache.withLock({ $0.policies[bytes] }) { return known }
        // It was read when it was put. One that cannot be read any more may have denied something.
        let policy =
            (try? PolicyDocument(parsing: bytes, limitBytes: BucketPolicyRules.sizeBytesMaximum)) ?? .denyingEverything
        cache.withLock { cache in
            if cache.sizeBytes >= Self.cacheSizeBytesMaximum { cache = Cache() }
            if cache.policies.updateValue(policy, forKey: bytes) == nil { cache.sizeBytes += bytes.count }
        }
        return policy
    }
}
