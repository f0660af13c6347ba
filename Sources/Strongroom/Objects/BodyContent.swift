/// What stands behind a body: one payload, or those of an object's parts.
protocol BodyContent: Sendable {
    func makeCursor(range: Range<UInt64>) -> any BodyCursor
}

/// Goes through a range of an object once, for one task at a time.
protocol BodyCursor: AnyObject {
    /// The next slice of plaintext, verified; nil at the end of the range.
    func next(isolation: isolated (any Actor)?) async throws(StoreError) -> ArraySlice<UInt8>?
}

extension ObjectContent: BodyContent {
    func makeCursor(range: Range<UInt64>) -> any BodyCursor { ContentCursor(self, range: range) }
}

extension ContentCursor: BodyCursor {}
