internal import StrongroomKeys

/// A bucket of a store, by name. A value, cheap to make and to pass on; it caches nothing, and
/// naming a bucket does not create it.
public struct Bucket: Sendable {
    /// The bucket's name.
    public let name: BucketName

    let engine: Engine
    let caller: Caller?

    /// What is true of the bucket.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``.
    public func info() async throws(StoreError) -> BucketInfo {
        try engine.bucket(name).info(name)
    }

    /// What puts from now on get that ask for nothing. No object that is there already changes.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``.
    public func setDefaultEncryption(_ encryption: DefaultEncryption) async throws(StoreError) {
        try await engine.setDefaultEncryption(encryption, of: name)
    }
}
