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
        let receipt = try await engine.observing(.copy, name) { () async throws(StoreError) in
            let found = try await engine.source(source, in: place.name, options, as: place.requester)
            let put = PutOperation(engine: engine, requester: requester, bucket: name, key: key, options: found.options)
            try found.options.check()
            return try await put.run(CopyBody(body: found.body), lengthBytes: found.body.lengthBytes)
        }
        engine.metrics.noteStored(receipt.sizeBytes)
        return receipt
    }
}

extension Engine {
    /// A copy's source, opened, and what its put has to say.
    func source(
        _ key: ObjectKey, in name: BucketName, _ options: CopyOptions, as requester: Requester
    ) async throws(StoreError) -> CopySource {
        var requester = requester
        if let key = options.sourceCustomerKey { requester.customerKey = key }
        let found = try await getWithTags(
            key, options.sourceVersion, in: name, if: options.sourceConditions, as: requester)
        return CopySource(
            body: found.body, options: options.putOptions(found.body.info, found.tags), rowKey: found.rowKey,
            value: found.value)
    }
}

/// What a copy is made of.
struct CopySource: Sendable {
    var body: ObjectBody
    /// What the copy's put has to say.
    var options: PutOptions
    /// The source's row, and what it said.
    var rowKey: [UInt8]
    var value: [UInt8]
}

/// Stored bytes on their way into a copy. Unlike any other body's, its failures are the put's own.
struct CopyBody: AsyncSequence {
    typealias Element = ArraySlice<UInt8>
    typealias Failure = StoreError
    private let content: any BodyContent
    private let range: Range<UInt64>

    init(body: ObjectBody) { (content, range) = (body.content, body.range) }

    /// All of a payload.
    init(_ content: ObjectContent) { (self.content, range) = (content, 0..<content.sizeBytes) }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: content.makeCursor(range: range)) }

    struct AsyncIterator: AsyncIteratorProtocol {
        private let cursor: any BodyCursor
        /// The slice given out last. Whoever got it is done with it when asking for the next, and it is wiped: nobody
        /// but the store itself ever had this plaintext.
        private var current = ArraySlice<UInt8>()

        fileprivate init(cursor: any BodyCursor) { self.cursor = cursor }

        mutating func next() async throws(StoreError) -> ArraySlice<UInt8>? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> ArraySlice<UInt8>? {
            current.wipe()
            guard let slice = try await cursor.next(isolation: actor) else { return nil }
            current = slice
            return slice
        }
    }
}
