internal import Strongroom

/// Facts about a multipart upload, for policies. What came of its beginning is what its parts and the object get, so
/// that a policy which lets nobody begin one without encryption is met by each part of one that has it. A key is named
/// by its own id, whatever name the beginning had for it.
enum UploadConditions {
    /// Condition keys, without `s3:`, that the upload answers for.
    static let headers = [
        "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-storage-class",
    ]

    static func facts(_ upload: UploadInfo) -> [String: [String]] {
        var answer = AnswerHeaders()
        answer.set(upload.encryption, customerKeyMD5: nil)
        answer.set("x-amz-storage-class", upload.storageClass.rawValue)
        var facts: [String: [String]] = [:]
        for field in answer.fields where headers.contains(field.name) { facts["s3:" + field.name] = [field.value] }
        return facts
    }
}

extension S3Operation {
    /// Whether it goes on with an upload.
    var isOfUpload: Bool { [.uploadPart, .uploadPartCopy, .completeMultipartUpload].contains(self) }
}

extension S3Call {
    /// Finds out what the upload is that the request names, where a policy asks.
    mutating func takeUpload() async throws(S3Error) {
        let isAsked = UploadConditions.headers.contains { authorizer.asksForKeys(beginningWith: "s3:" + $0) }
        guard isAsked, let name = try? target.bucketName(), let key = try? target.objectKey(),
            let upload = try? upload()
        else { return }
        do throws(StoreError) {
            authorizer.facts.merge(UploadConditions.facts(try await store.bucket(name).upload(key, upload)))
        } catch {
            // Of what is not there nothing is known, and the handler says so to whoever may know.
            guard error.code == .noSuchUpload || error.code == .noSuchBucket else { throw S3Error(error) }
        }
    }
}
