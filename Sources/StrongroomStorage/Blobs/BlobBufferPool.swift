internal import Synchronization

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
