/// The bytes of an object, or a range of them: verified slices as they are asked for.
///
/// Can be gone through any number of times. As long as one exists, the object's data key stays in
/// locked memory.
public struct ObjectBody: AsyncSequence, Sendable {
    /// A slice of plaintext, never empty, at most 112 KiB.
    public typealias Element = ArraySlice<UInt8>
    /// What reading on may fail with.
    public typealias Failure = StoreError

    /// What is true of the object.
    public let info: ObjectInfo
    /// The bytes of the object that this body holds.
    public let range: Range<UInt64>
    /// The part that was asked for; nil where none was.
    public let part: ObjectPartInfo?

    let content: any BodyContent

    /// How many bytes the body holds.
    public var lengthBytes: UInt64 { UInt64(range.count) }

    /// The same version's bytes in a range of the object, which must lie within this body's.
    package func narrowed(to range: Range<UInt64>) -> ObjectBody {
        precondition(range.clamped(to: self.range) == range, "a body is narrowed, not widened")
        return ObjectBody(info: info, range: range, part: part, content: content)
    }

    /// Starts at the beginning of the range.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(cursor: content.makeCursor(range: range))
    }

    /// The whole body, when it has at most `limitBytes`.
    ///
    /// - Throws: ``StoreError/Code/limitExceeded`` before anything is read when it has more.
    public func collect(upTo limitBytes: Int) async throws(StoreError) -> [UInt8] {
        guard lengthBytes <= UInt64(limitBytes) else {
            throw StoreError(
                .limitExceeded,
                "The body has \(lengthBytes) bytes, more than the \(limitBytes) allowed; go through it slice by slice.")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(lengthBytes))
        for try await slice in self { bytes.append(contentsOf: slice) }
        return bytes
    }

    /// A reader that fills buffers of the caller's.
    public func makeReader() -> ObjectReader { ObjectReader(cursor: content.makeCursor(range: range)) }

    /// Goes through the slices.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let cursor: any BodyCursor

        /// The next slice, or nil at the end.
        public mutating func next() async throws(StoreError) -> ArraySlice<UInt8>? {
            try await cursor.next(isolation: #isolation)
        }

        /// The next slice, or nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> ArraySlice<UInt8>?
        {
            try await cursor.next(isolation: actor)
        }
    }
}

/// Fills buffers of the caller's with an object's bytes, for those who count copies.
public struct ObjectReader: ~Copyable {
    private let cursor: any BodyCursor
    private var rest: ArraySlice<UInt8> = []
    /// Thrown by the next read, after what had been read before it was given out.
    private var pending: StoreError?

    init(cursor: any BodyCursor) { self.cursor = cursor }

    /// Fills `buffer` from where the last read ended; returns how many bytes there were, fewer than the
    /// buffer holds only at the end of the body, or before a failure that the next read throws.
    public mutating func read(into buffer: inout MutableRawSpan) async throws(StoreError) -> Int {
        if let pending { throw pending }
        var filled = 0
        while filled < buffer.byteCount {
            if rest.isEmpty {
                do throws(StoreError) {
                    guard let next = try await cursor.next(isolation: #isolation) else { break }
                    rest = next
                } catch {
                    guard filled > 0 else { throw error }
                    pending = error
                    break
                }
            }
            let count = min(rest.count, buffer.byteCount - filled)
            for (index, byte) in rest.prefix(count).enumerated() {
                buffer.storeBytes(of: byte, toByteOffset: filled + index, as: UInt8.self)
            }
            rest = rest.dropFirst(count)
            filled += count
        }
        return filled
    }
}
