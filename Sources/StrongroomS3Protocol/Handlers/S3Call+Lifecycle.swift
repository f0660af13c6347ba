internal import Strongroom
internal import StrongroomSignature

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension S3Call {
    private static let transitionSize = "x-amz-transition-default-minimum-object-size"
    /// What S3 does by default: it says which objects are too small to be moved, and here none is moved.
    private static let transitionSizeDefault = "all_storage_classes_128K"

    /// GetBucketLifecycleConfiguration, and GetBucketLifecycle.
    func getBucketLifecycle() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        let found = try await asking { () async throws(StoreError) in try await bucket.lifecycle() }
        guard let found else {
            throw S3Error(
                404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist",
                details: [.init(name: "BucketName", value: target.bucket ?? "")])
        }
        var headers = AnswerHeaders()
        headers.set(Self.transitionSize, Self.transitionSizeDefault)
        return try answer(LifecycleDocument.root(found), headers: headers)
    }

    /// PutBucketLifecycleConfiguration, and PutBucketLifecycle.
    func putBucketLifecycle() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        switch try headers.single(Self.transitionSize) {
        case nil, Self.transitionSizeDefault: break
        case "varies_by_storage_class": throw .notImplemented("\(Self.transitionSize): varies_by_storage_class")
        default: throw .invalidArgument("The value is not known.", name: Self.transitionSize)
        }
        let root = try await document(root: "LifecycleConfiguration")
        let configuration = try LifecycleDocument.configuration(root, newID: Self.newRuleID)
        _ = try await asking { () async throws(StoreError) in try await bucket.setLifecycle(configuration) }
        var headers = AnswerHeaders()
        headers.set(Self.transitionSize, Self.transitionSizeDefault)
        return S3Answer(200, headers: headers)
    }

    /// DeleteBucketLifecycle.
    func deleteBucketLifecycle() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in try await bucket.setLifecycle(nil) }
        return S3Answer(204)
    }

    /// 32 hexadecimal digits.
    private static func newRuleID() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    // MARK: - What answers tell

    /// The header of an answer about an object that is the newest of its key. What cannot be told is left out: the
    /// object was stored, or is there, all the same.
    func expirationHeader(_ info: ObjectInfo, in bucket: Bucket) async -> String? {
        guard let expiry = try? await bucket.lifecycleExpiry(of: info) else { return nil }
        return expiry.header
    }

    /// The same of an object that was just put.
    ///
    /// - Parameter tags: nil where they are not known.
    func expirationHeader(_ receipt: PutReceipt, tags: ObjectTags?, in bucket: Bucket) async -> String? {
        guard let key = try? key() else { return nil }
        let expiry = try? await bucket.lifecycleExpiry(
            of: key, receipt.versionID, sizeBytes: receipt.sizeBytes, created: receipt.lastModified, tags: tags)
        return expiry?.header
    }

    /// Headers that say when an upload is aborted that is not completed.
    func setAbortion(of upload: UploadInfo, in bucket: Bucket, _ headers: inout AnswerHeaders) async {
        guard let expiry = try? await bucket.lifecycleExpiry(ofUpload: upload) else { return }
        headers.set("x-amz-abort-date", TimeText.header(expiry.date))
        headers.set("x-amz-abort-rule-id", expiry.encodedRuleID)
    }
}

extension LifecycleExpiry {
    fileprivate var header: String {
        "expiry-date=\"\(TimeText.header(date))\", rule-id=\"\(encodedRuleID)\""
    }

    /// Names hold any character, and would end the header or the quotes.
    fileprivate var encodedRuleID: String { URIEncoding.encode(ruleID) }
}
