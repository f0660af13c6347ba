internal import StrongroomKeys

/// How a key service names an object, in the encryption context that S3 sends (Amazon S3 User Guide, "Encryption
/// context").
enum ObjectARN {
    static let contextName = "aws:s3:arn"

    /// The caller's pairs and the object's ARN.
    static func context(
        _ own: EncryptionContext, _ bucket: BucketName, _ key: ObjectKey
    ) throws(StoreError) -> EncryptionContext {
        do throws(StoreError) {
            return try context(own, arn: "arn:aws:s3:::\(bucket)/\(key.rawValue)")
        } catch {
            throw error.about(bucket, key)
        }
    }

    /// The caller's pairs and the bucket's ARN: what a Bucket Key is bound to.
    static func context(_ own: EncryptionContext, _ bucket: BucketName) throws(StoreError) -> EncryptionContext {
        try context(own, arn: "arn:aws:s3:::\(bucket)")
    }

    private static func context(_ own: EncryptionContext, arn: String) throws(StoreError) -> EncryptionContext {
        let pairs = own.pairs.map { (name: $0.name, value: $0.value) } + [(name: contextName, value: arn)]
        do throws(KeyBackendError) {
            return try EncryptionContext(pairs)
        } catch {
            throw StoreError(.invalidArgument, error.message)
        }
    }
}
