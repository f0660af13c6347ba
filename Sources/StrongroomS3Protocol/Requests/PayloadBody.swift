internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

/// A request's payload, held against what was signed and announced as it goes by.
///
/// The last slice is given out only once all checks but the end of the connection have passed: a put that has read all
/// of it may commit.
struct PayloadBody: AsyncSequence, Sendable {
    typealias Element = ArraySlice<UInt8>

    let payload: RequestPayload
    let checks: BodyChecks

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: PayloadReader(payload, checks)) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let reader: PayloadReader

        mutating func next() async throws -> ArraySlice<UInt8>? { try await reader.next() }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ArraySlice<UInt8>? {
            try await reader.next()
        }
    }
}

/// Reads one payload, once.
///
/// Not to be shared: whoever has the iterator reads one slice after the other.
final class PayloadReader {
    private let payload: RequestPayload
    private let trailer: ChecksumAlgorithm?
    /// Nil once the end has been checked.
    private var decoder: BodyDecoder?
    /// Slices to give out, from the one at `nextReady` on.
    private var ready: [ArraySlice<UInt8>] = []
    private var nextReady = 0
    private var isAtEnd = false
    private var receivedBytes: UInt64 = 0
    /// What checking could not begin with; thrown by the first read.
    private var fault: S3Error?

    init(_ payload: RequestPayload, _ checks: BodyChecks) {
        self.payload = payload
        trailer = checks.trailer.flatMap { ChecksumAlgorithm(name: $0.description) }
        do throws(S3Error) {
            decoder = try BodyDecoder(payload, trailer)
        } catch {
            fault = error
        }
    }

    func next() async throws -> ArraySlice<UInt8>? {
        if let fault { throw fault }
        while true {
            if nextReady < ready.count {
                defer { nextReady += 1 }
                return ready[nextReady]
            }
            ready.removeAll(keepingCapacity: true)
            nextReady = 0
            guard !isAtEnd else { return nil }
            guard let slice = try await payload.stream.read() else {
                isAtEnd = true
                try decoder.take()?.finish(receivedBytes: receivedBytes)
                continue
            }
            receivedBytes += UInt64(slice.count)
            if let length = payload.contentLength, receivedBytes > length { throw S3Error.incompleteBody }
            try decoder?.take(slice, &ready)
        }
    }
}

/// Takes a body apart and checks it.
struct BodyDecoder: ~Copyable {
    /// Of a body that is hashed as a whole, with what the hash has to be.
    private var digest: Digest?
    private var announcedHash = ""
    /// Of a body in chunks.
    private var chunks: ChunkedPayload?
    /// Of a body whose checksum comes behind it.
    private var hasher: ChecksumHasher?
    private let contentLength: UInt64?

    init(_ payload: RequestPayload, _ trailer: ChecksumAlgorithm?) throws(S3Error) {
        contentLength = payload.contentLength
        digest = nil
        chunks = nil
        hasher = nil
        do throws(SealError) {
            if let trailer { hasher = try ChecksumHasher(trailer) }
            if case .hash(let digits) = payload.mode {
                announcedHash = digits
                digest = try Digest(.sha256)
            }
        } catch {
            throw .internalError(error)
        }
        guard payload.mode.isChunked else { return }
        do throws(SignatureError) {
            chunks = try ChunkedPayload(
                signer: payload.signer, decodedBytes: payload.decodedLength ?? 0,
                trailerNames: payload.mode.hasTrailer ? payload.trailerNames : nil)
        } catch {
            throw S3Error(error)
        }
    }

    /// Shorter pieces are put together, up to four of these: each slice costs whoever reads it, and a client may send a
    /// chunk for each byte.
    private static let pieceSizeBytesMinimum = 4 << 10

    private static func append(_ piece: ArraySlice<UInt8>, to ready: inout [ArraySlice<UInt8>], from first: Int) {
        if piece.count < pieceSizeBytesMinimum, ready.count > first,
            ready[ready.count - 1].count < 4 * pieceSizeBytesMinimum
        {
            ready[ready.count - 1] += piece
        } else {
            ready.append(piece)
        }
    }

    /// Appends to `ready` what of the slice is payload.
    mutating func take(_ slice: ArraySlice<UInt8>, _ ready: inout [ArraySlice<UInt8>]) throws(S3Error) {
        let first = ready.count
        if chunks != nil {
            do throws(SignatureError) {
                try chunks?.decode(slice) { Self.append($0, to: &ready, from: first) }
            } catch {
                throw S3Error(error)
            }
        } else {
            // Safe, here and below: a UInt8 is raw bytes.
            digest?.update(unsafe slice.span.bytes)
            ready.append(slice)
        }
        for piece in ready[first...] { hasher?.update(unsafe piece.span.bytes) }
    }

    /// - Throws: `IncompleteBody`, `XAmzContentSHA256Mismatch`, `SignatureDoesNotMatch`, `BadDigest`.
    consuming func finish(receivedBytes: UInt64) throws(S3Error) {
        if let contentLength, contentLength != receivedBytes { throw .incompleteBody }
        let checksum = hasher?.finish()
        if let hash = digest?.finish() { try Self.check(hash, announcedHash) }
        guard let chunks = chunks.take() else { return }
        let fields: [(name: String, value: String)]
        do throws(SignatureError) {
            fields = try chunks.finish()
        } catch {
            throw S3Error(error)
        }
        try Self.check(fields, checksum)
    }

    private static func check(_ hash: [UInt8], _ announced: String) throws(S3Error) {
        let actual = PayloadHash.hexadecimalText(hash)
        guard actual != announced else { return }
        throw S3Error(
            400, "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            details: [
                .init(name: "ClientComputedContentSHA256", value: announced),
                .init(name: "S3ComputedContentSHA256", value: actual),
            ])
    }

    private static func check(_ fields: [(name: String, value: String)], _ checksum: [UInt8]?) throws(S3Error) {
        guard let checksum else { return }
        for (name, value) in fields where name.hasPrefix(BodyChecks.prefix) {
            let algorithm = name.dropFirst(BodyChecks.prefix.count).uppercased()
            guard let announced = PaddedBase64.decode(value), announced.count == checksum.count else {
                throw .invalidRequest("Value for \(name) trailing header is invalid.")
            }
            guard announced == checksum else {
                throw S3Error(
                    400, "BadDigest", "The \(algorithm) you specified did not match the calculated checksum.")
            }
        }
    }
}
