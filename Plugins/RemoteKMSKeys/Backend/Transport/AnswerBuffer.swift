#if RemoteKMS
internal import NIOCore
internal import StrongroomCrypto

/// The body of an answer, piece by piece, as it comes from the connection.
///
/// A piece is a view into a buffer that the connection reads into, and keeps all of it alive. So the pieces are copied
/// at once, but where the answer holds a key: those are few, are copied into locked memory when the answer is whole,
/// and then overwritten where they stand. What lies deeper is not in our hands: the HTTP decoder may
/// have moved bytes before it passed them on, and leaves the old ones in its buffer until it is used again or freed;
/// the TLS library wipes its own buffers as it frees them.
struct AnswerBuffer {
    /// An answer of the size that is allowed has this many only when somebody cuts it up to fill our memory.
    static let pieceCountMax = 1024

    private let isSecret: Bool
    private let sizeBytesMax: Int
    private var plain: [UInt8] = []
    private var pieces: [ByteBuffer] = []
    private(set) var sizeBytes = 0

    init(isSecret: Bool, sizeBytesMax: Int) {
        self.isSecret = isSecret
        self.sizeBytesMax = sizeBytesMax
    }

    /// What is refused is wiped, too, where it may hold a key.
    mutating func append(_ piece: ByteBuffer) throws(TransportError) {
        assert(sizeBytes <= sizeBytesMax && pieces.count <= Self.pieceCountMax)
        do throws(TransportError) {
            try check(piece)
        } catch {
            if isSecret { Self.wipe(piece) }
            throw error
        }
        sizeBytes += piece.readableBytes
        if isSecret { pieces.append(piece) } else { plain.append(contentsOf: piece.readableBytesView) }
    }

    private func check(_ piece: ByteBuffer) throws(TransportError) {
        guard piece.readableBytes <= sizeBytesMax - sizeBytes else {
            throw TransportError(.tooLarge, "it is longer than \(sizeBytesMax) bytes")
        }
        guard pieces.count < Self.pieceCountMax else {
            throw TransportError(.tooLarge, "it comes in more than \(Self.pieceCountMax) pieces")
        }
    }

    /// The whole; nothing of it is left here.
    mutating func take() throws(SecretMemoryError) -> ServiceResponse.Body {
        defer { discard() }
        guard isSecret else { return .plain(plain) }
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
        plain = []
        pieces = []
        sizeBytes = 0
    }

    /// Overwrites a piece where it stands.
    static func wipe(_ piece: ByteBuffer) {
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
