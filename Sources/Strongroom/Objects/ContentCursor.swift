internal import StrongroomCrypto

/// Goes through a range of an object: reads a few chunks at a time, opens and verifies each of them, and
/// hands out what lies in the range. Reads and opens only chunks that the range touches.
///
/// One task at a time goes on with a cursor, as with any iterator.
final class ContentCursor {
    static let chunkBytes = UInt64(ClearStream.chunkBytes)
    static let storedChunkBytes = chunkBytes + UInt64(ClearStream.tagBytes)
    /// Chunks read at a time: together less than the size from which the allocator maps memory.
    static let chunksAtATime: UInt64 = 7

    private let content: ObjectContent
    private let range: Range<UInt64>
    private let lastChunk: UInt64
    /// The chunk after the last one to open.
    private let endChunk: UInt64
    private var nextChunk: UInt64
    private var opener: StreamOpener?
    /// How many chunks were read and opened: a range read touches no more than it needs.
    private(set) var openedChunkCount: UInt64 = 0

    init(_ content: ObjectContent, range: Range<UInt64>) {
        self.content = content
        self.range = range
        lastChunk = content.sizeBytes / Self.chunkBytes
        nextChunk = range.lowerBound / Self.chunkBytes
        // Whoever reads to the end also has the last chunk checked, which may be empty: of an empty object
        // it is the only one.
        endChunk = range.upperBound == content.sizeBytes ? lastChunk + 1 : (range.upperBound - 1) / Self.chunkBytes + 1
    }

    /// The next slice of plaintext; nil at the end of the range.
    func next(isolation: isolated (any Actor)?) async throws(StoreError) -> ArraySlice<UInt8>? {
        while nextChunk < endChunk {
            guard !Task.isCancelled else {
                throw StoreError(
                    .cancelled, "The task was cancelled.", bucket: content.place.bucket, key: content.place.key)
            }
            let first = nextChunk
            let count = min(Self.chunksAtATime, endChunk - first)
            let plain = try await open(first, count)
            nextChunk = first + count
            let start = first * Self.chunkBytes
            let from = max(range.lowerBound, start) - start
            let to = min(range.upperBound, start + UInt64(plain.count)) - start
            if from < to { return plain[Int(from)..<Int(to)] }
        }
        return nil
    }

    private func open(_ first: UInt64, _ count: UInt64) async throws(StoreError) -> [UInt8] {
        let start = content.headerBytes + first * Self.storedChunkBytes
        let holdsLast = first + count > lastChunk
        let lastBytes = content.sizeBytes % Self.chunkBytes + UInt64(ClearStream.tagBytes)
        let storedBytes = holdsLast ? (count - 1) * Self.storedChunkBytes + lastBytes : count * Self.storedChunkBytes
        let stored = try await content.read(at: start, count: Int(storedBytes))
        var plain: [UInt8] = []
        plain.reserveCapacity(stored.count)
        for index in 0..<count {
            let from = Int(index * Self.storedChunkBytes)
            let piece = stored[from..<min(stored.count, from + Int(Self.storedChunkBytes))]
            try openChunk(piece, number: first + index, to: &plain)
        }
        return plain
    }

    private func openChunk(_ stored: ArraySlice<UInt8>, number: UInt64, to plain: inout [UInt8]) throws(StoreError) {
        openedChunkCount += 1
        switch content.sealing {
        case .clear(let stream):
            guard let chunk = try stream.open(stored, number: number) else {
                throw content.damaged("chunk \(number) is not authentic.")
            }
            plain.append(contentsOf: chunk)
        case .sealed(let layer):
            do throws(SealError) {
                if opener == nil {
                    // Safe: a UInt8 is raw bytes.
                    opener = try StreamOpener(
                        layer.suite, key: layer.key.prepared, context: layer.context,
                        header: unsafe layer.header.span.bytes, implementation: layer.implementation)
                }
                try opener!.openChunk(
                    unsafe stored.span.bytes, index: number, isLast: number == lastChunk, appendingTo: &plain)
            } catch {
                throw StoreError(error, bucket: content.place.bucket, key: content.place.key)
            }
        }
    }
}
