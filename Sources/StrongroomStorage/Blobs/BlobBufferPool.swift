internal import Synchronization

/// Buffers of one piece each. Allocations of this size are mapped anew and trimmed away by the C
/// library every time, each page a fault; hence they are kept.
final class BlobBufferPool: Sendable {
    /// Large enough for the disk's full rate, and the unit in which a tree hash has its leaves.
    static let pieceSizeBytes = 1 << 20
    /// More writers than this at once allocate, and drop what they allocated.
    private static let keptMaximum = 16

    private let kept = Mutex<[[UInt8]]>([])

    /// An empty array with room for a piece.
    func take() -> [UInt8] {
        if let buffer = kept.withLock({ $0.popLast() }) { return buffer }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.pieceSizeBytes)
        return buffer
    }

    func give(back buffer: consuming [UInt8]) {
        var buffer = buffer
        buffer.removeAll(keepingCapacity: true)
        guard buffer.capacity >= Self.pieceSizeBytes else { return }
        kept.withLock { kept in
            if kept.count < Self.keptMaximum { kept.append(buffer) }
        }
    }
}
