internal import Strongroom
internal import StrongroomPolicy

/// Reads what buckets say about who may do what, and which pages may have what it answers.
struct BucketAccessReader: Sendable {
    private let store: Store
    /// What a policy becomes is some thirty times as large as its text, at most.
    private let policies = KnownDocuments<PolicyDocument>(limitBytes: 1 << 20)
    private let crossOrigins = KnownDocuments<CrossOriginDocument>(limitBytes: 1 << 20)

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

    /// Which pages of other origins may have what the bucket answers; nil where nothing was said.
    func crossOrigin(_ name: String?) async throws(S3Error) -> CrossOriginDocument? {
        guard let bytes = try await document(.crossOrigin, of: name) else { return nil }
        return try crossOrigins.document(bytes) { bytes throws(S3Error) in
            try CrossOriginDocument(try DocumentReader.read(bytes, root: "CORSConfiguration"))
        }
    }

    /// It was read when it was put. One that cannot be read any more may have denied something.
    private func policy(_ bytes: [UInt8]) -> PolicyDocument {
        policies.document(bytes) { bytes in
            (try? PolicyDocument(parsing: bytes, limitBytes: BucketPolicyRules.sizeBytesMaximum)) ?? .denyingEverything
        }
    }
}
