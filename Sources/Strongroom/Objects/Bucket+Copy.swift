internal import StrongroomKeys

extension Bucket {
    /// Copies an object of this bucket, or of another one of the same store.
    ///
    /// The bytes are opened and sealed anew under a fresh data key, a slice at a time, also when an object is
    /// copied onto itself: to change its metadata, class or encryption, to be rid of a data key, or to make an
    /// old version the newest again.
    ///
    /// - Parameters:
    ///   - source: the source's key.
    ///   - sourceBucket: the source's bucket; by default this one.
    ///   - key: the copy's key.
    ///   - options: what to take along, and what to say anew.
    /// - Throws: as ``get(_:version:range:if:)`` about the source and as ``put(_:_:options:)`` about the copy.
    @discardableResult
    public func copy(
        _ source: ObjectKey, from sourceBucket: Bucket? = nil, to key: ObjectKey, options: CopyOptions = CopyOptions()
    ) async throws(StoreError) -> PutReceipt {
        let place = sourceBucket ?? self
        guard place.engine === engine else {
            throw StoreError(
                .invalidArgument, "The source is in another store; get it there and put it here.", bucket: name,
                key: key)
        }
        let found = try await engine.source(source, in: place.name, options, as: caller)
        let put = PutOperation(engine: engine, caller: caller, bucket: name, key: key, options: found.options)
        try found.options.check()
        return try await put.run(CopyBody(body: found.body), lengthBytes: found.body.lengthBytes)
    }
}

extension Engine {
    /// A copy's source, opened, and what its put has to say.
    func source(
        _ key: ObjectKey, in name: BucketName, _ options: CopyOptions, as caller: Caller?
    ) async throws(StoreError) -> (body: ObjectBody, options: PutOptions) {
        let (body, tags) = try await getWithTags(
            key, options.sourceVersion, in: name, if: options.sourceConditions, as: caller)
        return (body, options.putOptions(body.info, tags))
    }
}

/// An object's bytes on their way into a copy. Unlike any other body's, its failures are the put's own.
struct CopyBody: AsyncSequence {
    typealias Element = ArraySlice<UInt8>
    let body: ObjectBody

    func makeAsyncIterator() -> ObjectBody.AsyncIterator { body.makeAsyncIterator() }
}
