public import SystemPackage

extension Bucket {
    /// Stores `bytes` under `key`, replacing what was there.
    ///
    /// Returns when the object would survive power loss. A failed or cancelled put leaves nothing behind.
    ///
    /// - Throws: ``StoreError``.
    @discardableResult
    public func put(
        _ key: ObjectKey, _ bytes: [UInt8], options: PutOptions = PutOptions()
    ) async throws(StoreError) -> PutReceipt {
        try await put(key, SingleSlice(bytes: bytes[...]), lengthBytes: UInt64(bytes.count), options: options)
    }

    /// Stores what `body` yields under `key`, replacing what was there. The body is never whole in memory.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - body: slices of any size, to 50 TiB together. What it throws becomes the `underlyingError`
    ///     of ``StoreError/Code/bodyFailed``.
    ///   - lengthBytes: how long the body is, if known: another length is refused.
    ///   - options: encryption, content type, metadata.
    /// - Throws: ``StoreError``.
    @discardableResult
    public func put<Body: AsyncSequence>(
        _ key: ObjectKey, _ body: Body, lengthBytes: UInt64? = nil, options: PutOptions = PutOptions()
    ) async throws(StoreError) -> PutReceipt where Body.Element == ArraySlice<UInt8> {
        let put = PutOperation(engine: engine, requester: requester, bucket: name, key: key, options: options)
        let receipt = try await engine.observing(.put, name) { () async throws(StoreError) in
            try options.check()
            return try await put.run(body, lengthBytes: lengthBytes)
        }
        engine.metrics.noteStored(receipt.sizeBytes)
        return receipt
    }

    /// Stores the contents of a file under `key`, replacing what was there.
    ///
    /// - Throws: ``StoreError``; `bodyFailed` when the file cannot be read.
    @discardableResult
    public func put(
        _ key: ObjectKey, contentsOf file: FilePath, options: PutOptions = PutOptions()
    ) async throws(StoreError) -> PutReceipt {
        try await put(key, FileBody(file, on: engine.threads), options: options)
    }
}

/// A body that is in memory already.
struct SingleSlice: AsyncSequence {
    typealias Element = ArraySlice<UInt8>
    var bytes: ArraySlice<UInt8>

    struct AsyncIterator: AsyncIteratorProtocol {
        var bytes: ArraySlice<UInt8>?
        mutating func next() async -> ArraySlice<UInt8>? { bytes.take() }
        mutating func next(isolation actor: isolated (any Actor)?) async -> ArraySlice<UInt8>? { bytes.take() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(bytes: bytes) }
}
