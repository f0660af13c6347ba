internal import StrongroomKeys

/// How a key service names an object, in the encryption context that S3 sends (Amazon S3 User Guide, "Encryption
/// context").
enum ObjectARN {
    static let contextName = "aws:s3:arn"

    /// The caller's pairs and the object's ARN.
    static func context(
        _ own: EncryptionContext, _ bucket: BucketName, _ key: ObjectKey
    ) throws(StoreError) -> EncryptionContext {
        let arn = (name: contextName, value: "arn:aws:s3:::\(bucket)/\(key.rawValue)")
        do throws(KeyBackendError) {
            return try EncryptionContext(own.pairs.map { (name: $0.name, value: $0.value) } + [arn])
        } catch {
            throw StoreError(.invalidArgument, error.message, bucket: bucket, key: key)
        }
    }
}
