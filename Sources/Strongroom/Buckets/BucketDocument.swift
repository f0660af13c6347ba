/// What is kept of a bucket as a document. But for the rules of its lifecycle (`LifecycleEncoding`), which the store
/// itself goes by, it is a server's, and means nothing to the store.
package struct BucketDocumentKind: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    private init(_ rawValue: UInt8) { self.rawValue = rawValue }

    // Part of the format.
    package static let policy = Self(1)
    package static let publicAccessBlock = Self(2)
    package static let crossOrigin = Self(3)
    package static let lifecycle = Self(4)
    package static let ownershipControls = Self(5)
    package static let tagging = Self(6)

    /// The most bytes that a document has, of most kinds.
    package static let documentLimitBytes = 64 << 10

    /// The most bytes that one of this kind has: a bucket may have a thousand rules.
    var limitBytes: Int { self == .lifecycle ? 8 * Self.documentLimitBytes : Self.documentLimitBytes }
}

extension Bucket {
    /// The document of that kind; nil where there is none. From memory, but for the first look at a bucket.
    ///
    /// - Throws: `noSuchBucket`, `damaged`, `storeLocked`.
    package func document(_ kind: BucketDocumentKind) async throws(StoreError) -> [UInt8]? {
        try await engine.document(kind, in: name)
    }

    /// Puts a document in place of the one of that kind; nil removes it. It goes with the bucket.
    ///
    /// - Parameter bytes: at most `BucketDocumentKind.documentLimitBytes`; of rules half a MiB.
    /// - Throws: `noSuchBucket`, `limitExceeded`, `conflict` while the bucket is being deleted, `storeLocked`.
    @discardableResult
    package func setDocument(
        _ bytes: [UInt8]?, _ kind: BucketDocumentKind
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.setDocument(bytes, kind, in: name)
    }
}
