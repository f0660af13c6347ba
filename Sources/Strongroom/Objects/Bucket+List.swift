extension Bucket {
    /// One page of the bucket's objects in byte order of their keys.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidArgument``,
    ///   ``StoreError/Code/storeLocked``.
    public func list(_ options: ListOptions = ListOptions()) async throws(StoreError) -> ListPage {
        try options.check()
        return try await engine.observing(.list, name) { () async throws(StoreError) in
            try await engine.list(options, in: name)
        }
    }

    /// One page of the bucket's names, which works in a locked store too.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidArgument``.
    public func listNames(_ options: ListOptions = ListOptions()) async throws(StoreError) -> NamePage {
        try options.check()
        return try await engine.observing(.list, name) { () async throws(StoreError) in
            try await engine.listNames(options, in: name)
        }
    }

    /// All objects whose keys begin with `prefix`, page by page; each page is consistent in itself.
    ///
    /// A damaged row ends the sequence with ``StoreError/Code/damaged``; ``list(_:)`` goes on past it.
    public func objects(prefix: String = "") -> ObjectListing {
        ObjectListing(bucket: self, prefix: prefix)
    }
}

/// The objects of a bucket, read a page at a time.
public struct ObjectListing: AsyncSequence, Sendable {
    /// An object.
    public typealias Element = ObjectInfo
    /// What a page may fail with.
    public typealias Failure = StoreError

    let bucket: Bucket
    let prefix: String

    /// Starts at the first object.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(bucket: bucket, options: ListOptions(prefix: prefix))
    }

    /// Goes through the pages.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let bucket: Bucket
        var options: ListOptions
        private var page: ArraySlice<ObjectInfo> = []
        private var isAtEnd = false

        init(bucket: Bucket, options: ListOptions) {
            self.bucket = bucket
            self.options = options
        }

        /// The next object, or nil at the end.
        public mutating func next() async throws(StoreError) -> ObjectInfo? {
            try await next(isolation: #isolation)
        }

        /// The next object, or nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> ObjectInfo? {
            while page.isEmpty, !isAtEnd {
                let next = try await bucket.list(options)
                if let damaged = next.damaged.first {
                    throw StoreError(
                        .damaged, "\(damaged.key.debugDescription): \(damaged.reason)", bucket: bucket.name)
                }
                page = next.objects[...]
                options.continuation = next.continuation
                isAtEnd = next.continuation == nil
            }
            return page.popFirst()
        }
    }
}
