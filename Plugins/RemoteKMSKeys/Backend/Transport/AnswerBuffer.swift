#if RemoteKMS
internal import NIOCore
internal import StrongroomCrypto

/// The body of an answer, piece by piece, as it comes from the connection.
///
/// A piece is a view into a buffer that the connection reads into. Where the answer holds a key, the pieces are copied
/// into locked memory and then overwritten where they stand. What lies deeper is not in our hands: the HTTP decoder may
/// have moved bytes before it passed them on, and leaves the old ones in its buffer until it is used again or freed;
/// the TLS library wipes its own buffers as it frees them.
struct AnswerBuffer {
    private let isSecret: Bool
    private var pieces: [ByteBuffer] = []
    private(set) var sizeBytes = 0

    init(isSecret: Bool) { self.isSecret = isSecret }

    mutating func append(_ piece: ByteBuffer) {
        pieces.append(piece)
        sizeBytes += piece.readableBytes
    }

    /// The whole; nothing of it is left here.
    mutating func take() throws(SecretMemoryError) -> ServiceResponse.Body {
        defer { discard() }
        guard isSecret else { return .plain(pieces.flatMap { Array($0.readableBytesView) }) }
        let secret = try SecretBytes(count: sizeBytes) { (room: inout MutableRawSpan) in
            var offset = 0
            for piece in pieces {
                unsafe piece.withUnsafeReadableBytes { bytes in
                    // Safe: the bytes outlive the call.
                    room.overwrite(with: unsafe RawSpan(_unsafeBytes: bytes), at: offset)
                }
                offset += piece.readableBytes
            }
        }
        return .secret(SharedSecret(secret))
    }

    /// Forgets what has come, and wipes it where it may hold a key.
    mutating func discard() {
        if isSecret {
            for piece in pieces { Self.wipe(piece) }
        }
        pieces = []
        sizeBytes = 0
    }

    private static func wipe(_ piece: ByteBuffer) {
        unsafe piece.withUnsafeReadableBytes { bytes in
            // Safe: the memory is ordinary heap. Writing to it past the buffer's copy on write is meant: others hold
            // the same storage, the decoder among them, but nobody reads these bytes any more, since they have been
            // passed on; and all of them are on the event loop that this runs on.
            var span = unsafe MutableRawSpan(
                _unsafeBytes: UnsafeMutableRawBufferPointer(mutating: bytes))
            span.wipe()
        }
    }
}
#endif
