internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// A wrapped key that an epoch's key has sealed once more.
///
///     offset size
///     0      4    magic "SRGW"
///     4      2    format version, 1
///     6      2    zero
///     8      4    epoch
///     12     4    CRC-32C over all else: tells damage from an epoch that is gone
///     16     16   keyring id
///     32     S+72 sealed stream (suite 1) of the wrapped key's S bytes, 1 to 8192, under the epoch's key
///
/// Little-endian; part of the format, must not change. The stream's context binds keyring, epoch and whatever the
/// caller says that the wrap belongs to: each field with its length before it, after the label
/// `strongroom/glacier/sealed-wrap@v1`.
struct SealedWrap {
    static let magic = Array("SRGW".utf8)
    static let formatVersion: UInt16 = 1
    static let headerSizeBytes = 32
    private static let checksumRange = 12..<16
    private static let streamOverheadBytes = 72
    /// Any wrapped key of the contract can be sealed.
    static let wrapSizeBytesMax = WrappedDataKey.sizeBytesMax
    static let sizeBytesMax = headerSizeBytes + streamOverheadBytes + wrapSizeBytesMax
    /// Bytes of what a wrap is bound to.
    static let contextSizeBytesMax = 16384

    let epoch: UInt32
    let bytes: [UInt8]

    /// Seals `wrap` under the current epoch of `keyring`.
    init(
        sealing wrap: [UInt8], boundTo context: [UInt8], _ keyring: ArchiveKeyring, random: HostRandom
    ) throws(KeyBackendError) {
        precondition((1...Self.wrapSizeBytesMax).contains(wrap.count), "a wrapped key of \(wrap.count) bytes")
        epoch = keyring.currentEpoch
        let key = try keyring.key(of: epoch)
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(epoch)
        bytes.appendLittleEndian(UInt32(0))
        bytes += keyring.keyringID
        do throws(SealError) {
            bytes += try SealedStream.seal(
                wrap, .aes256GCM, key: key.prepared, context: Self.context(keyring, epoch, context), random: random)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        var checksum: [UInt8] = []
        checksum.appendLittleEndian(Self.checksum(bytes))
        bytes.replaceSubrange(Self.checksumRange, with: checksum)
        self.bytes = bytes
    }

    /// Reads a sealed wrap of which nothing is trusted.
    init(_ bytes: [UInt8]) throws(KeyBackendError) {
        guard bytes.count > Self.headerSizeBytes + Self.streamOverheadBytes, bytes.count <= Self.sizeBytesMax,
            bytes.starts(with: Self.magic)
        else {
            throw KeyBackendError(
                .invalidCiphertext,
                "\(bytes.count) bytes that were given as a sealed wrap are none of these archive keys.")
        }
        var reader = ByteReader(bytes, from: Self.magic.count)
        let version = try reader.integer(UInt16.self)
        let reserved = try reader.integer(UInt16.self)
        epoch = try reader.integer(UInt32.self)
        guard try reader.integer(UInt32.self) == Self.checksum(bytes) else {
            throw KeyBackendError(
                .invalidCiphertext, "The sealed wrap is damaged: its checksum does not match. Restore it from a backup."
            )
        }
        guard version == Self.formatVersion, reserved == 0 else {
            throw KeyBackendError(
                .unsupported,
                "The sealed wrap has format version \(version), and this program knows \(Self.formatVersion); "
                    + "open it with a newer version of the program. Nothing is damaged.")
        }
        self.bytes = bytes
    }

    /// The wrapped key, exactly as it was sealed.
    func open(boundTo context: [UInt8], _ keyring: ArchiveKeyring) throws(KeyBackendError) -> [UInt8] {
        guard bytes[16..<Self.headerSizeBytes].elementsEqual(keyring.keyringID) else {
            throw KeyBackendError(
                .incorrectKey, "The sealed wrap belongs to another keyring than this; open it with the archive's own.")
        }
        let key = try keyring.key(of: epoch)
        do throws(SealError) {
            return try SealedStream.open(
                Array(bytes[Self.headerSizeBytes...]), .aes256GCM, key: key.prepared,
                context: Self.context(keyring, epoch, context))
        } catch {
            throw WrappingKey.refusal(
                error,
                "The sealed wrap was altered, or belongs to another object: it does not open in epoch \(epoch) for "
                    + "what it was said to be bound to.")
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        let rest = Array(bytes[..<checksumRange.lowerBound] + bytes[checksumRange.upperBound...])
        // Safe: bytes have no padding to be read.
        return CRC32C.checksum(unsafe rest.span.bytes)
    }

    private static func context(_ keyring: ArchiveKeyring, _ epoch: UInt32, _ caller: [UInt8]) -> [UInt8] {
        BoundContext.encode(
            "strongroom/glacier/sealed-wrap@v1", keyring.keyringID, [Array(String(epoch).utf8), caller])
    }
}
