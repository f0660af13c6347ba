/// Reads a body to its end, whatever the size of its slices, and holds it to the length announced.
struct BodySource<Body: AsyncSequence>: ~Copyable where Body.Element == ArraySlice<UInt8> {
    private var iterator: Body.AsyncIterator
    private let announcedBytes: UInt64?
    private(set) var readBytes: UInt64 = 0
    private var hasher: BodyHasher

    init(_ body: Body, announcedBytes: UInt64?, _ options: PutOptions) throws(StoreError) {
        hasher = try BodyHasher(options)
        iterator = body.makeAsyncIterator()
        self.announcedBytes = announcedBytes
    }

    /// The next slice, never empty; nil at the end.
    ///
    /// - Throws: `bodyFailed`, `incompleteBody`, `limitExceeded` or `cancelled`.
    mutating func next() async throws(StoreError) -> ArraySlice<UInt8>? {
        while true {
            guard !Task.isCancelled else { throw StoreError(.cancelled, "The task was cancelled; nothing was stored.") }
            guard let slice = try await nextOrFailure() else {
                if let announcedBytes, readBytes != announcedBytes {
                    throw StoreError(
                        .incompleteBody,
                        "The body ended after \(readBytes) bytes; \(announcedBytes) were announced. Nothing was stored."
                    )
                }
                return nil
            }
            guard !slice.isEmpty else { continue }
            readBytes += UInt64(slice.count)
            if let announcedBytes, readBytes > announcedBytes {
                throw StoreError(
                    .incompleteBody, "The body goes on after the \(announcedBytes) bytes announced. Nothing was stored."
                )
            }
            guard readBytes <= PutOperation.objectLimitBytes else {
                throw StoreError(.limitExceeded, "An object has at most 50 TiB. Nothing was stored.")
            }
            hasher.update(slice)
            return slice
        }
    }

    /// What the body came to; after its end, once.
    ///
    /// - Throws: `badDigest`.
    mutating func finishDigests() throws(StoreError) -> BodyDigests { try hasher.finish() }

    private mutating func nextOrFailure() async throws(StoreError) -> ArraySlice<UInt8>? {
        do {
            return try await iterator.next(isolation: #isolation)
        } catch let error as StoreError where Body.self == FileBody.self || Body.self == CopyBody.self {
            // Our own reading of the caller's file, or of a copy's source. What any other body throws is that body's
            // failure, also when it comes from a store: its code says nothing about this put.
            throw error
        } catch is CancellationError {
            throw StoreError(.cancelled, "The task was cancelled; nothing was stored.")
        } catch {
            throw StoreError(
                .bodyFailed, "The body failed; nothing was stored. See the underlying error.", underlying: error)
        }
    }
}
