internal import Synchronization

/// One piece of a blob on its way to the disk. An object, so that its memory is handed on and never copied.
final class BlobPiece: @unchecked Sendable {
    // Safe: the writer fills it, then hands it over and takes another; what hashes and writes it only reads.
    var bytes: [UInt8] = []
    /// Where the payload starts: behind the prelude in the first piece, else 0.
    var payloadStart = 0

    /// Large enough for the disk's full rate, and the unit in which a tree hash has its leaves.
    static let sizeBytes = 1 << 20

    init() {
        bytes.reserveCapacity(Self.sizeBytes)
    }

    var payload: Range<Int> { payloadStart..<bytes.count }

    func empty() {
        bytes.removeAll(keepingCapacity: true)
        payloadStart = 0
    }
}

/// Pieces for the next blobs. Allocations of this size are mapped anew and trimmed away by the C
/// library every time, each page a fault; hence they are kept.
final class BlobBufferPool: Sendable {
    /// More writers than this at once allocate, and drop what they allocated.
    private static let keptMaximum = 16

    private let kept = Mutex<[BlobPiece]>([])

    /// An empty piece.
    func take() -> BlobPiece { kept.withLock { $0.popLast() } ?? BlobPiece() }

    func give(back piece: BlobPiece) {
        piece.empty()
        kept.withLock { kept in
            if kept.count < Self.keptMaximum { kept.append(piece) }
        }
    }
}
