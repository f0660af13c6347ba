package import StrongroomKeys
internal import StrongroomSystem

/// The keyring file. Everything in it may be read by whoever has it; the keys are sealed.
///
///     offset size
///     0      8    magic, of the backend
///     8      2    format version, 1
///     10     2    root kind: 1 file, 2 passphrase
///     12     4    size R of the root source
///     16     16   keyring id, random
///     32     8    created, milliseconds since 1970
///     40     16   check value of the root key: tells a wrong root key from damage
///     56     R    root source: name of the root key file (absolute, or in this folder), or PHC string of scrypt
///     …      …    body: the keys, as the backend lays them out
///     …      32   HMAC-SHA-256 over all before, under a key derived from the root key
///     …      4    CRC-32C over all before: tells damage from a wrong root key
///
/// Little-endian; part of the format, must not change. A new format version is refused by older readers.
package struct KeyringFile: Sendable, Equatable {
    package static let formatVersion: UInt16 = 1
    package static let codeSizeBytes = 32
    static let magicSizeBytes = 8
    private static let rootSourceSizeBytesMax = 4096

    package var kind: KeyringKind
    package var header: KeyringHeader
    package var body: [UInt8]

    package init(kind: KeyringKind, header: KeyringHeader, body: [UInt8]) {
        self.kind = kind
        self.header = header
        self.body = body
    }

    /// Everything that the authentication code covers.
    var authenticatedBytes: [UInt8] {
        let (rootKind, source) =
            switch header.rootSource {
            case .file(let path): (UInt16(1), path)
            case .passphrase(let parameters): (UInt16(2), parameters.description)
            }
        assert(header.keyringID.count == KeyringHeader.identifierSizeBytes)
        assert(header.checkValue.count == KeyringHeader.checkValueSizeBytes)
        var bytes = kind.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(rootKind)
        bytes.appendLittleEndian(UInt32(source.utf8.count))
        bytes += header.keyringID
        bytes.appendLittleEndian(UInt64(bitPattern: header.createdMilliseconds))
        bytes += header.checkValue
        bytes += source.utf8
        bytes += body
        return bytes
    }

    /// The whole file.
    package func encoded(code: [UInt8]) -> [UInt8] { Self.encoded(authenticatedBytes, code: code) }

    static func encoded(_ authenticatedBytes: [UInt8], code: [UInt8]) -> [UInt8] {
        assert(code.count == codeSizeBytes)
        var bytes = authenticatedBytes + code
        // Safe: bytes have no padding to be read.
        bytes.appendLittleEndian(CRC32C.checksum(unsafe bytes.span.bytes))
        return bytes
    }

    /// Decodes a file, of which nothing is trusted; its code is checked by whoever has the root key, and its body by
    /// the backend.
    package static func decode(
        _ bytes: [UInt8], _ kind: KeyringKind
    ) throws(KeyBackendError) -> (file: KeyringFile, code: [UInt8]) {
        guard bytes.starts(with: kind.magic) else { throw damaged("it does not start with the keyring's magic") }
        var reader = ByteReader(bytes, from: magicSizeBytes)
        let version = try reader.integer(UInt16.self)
        guard version == formatVersion else {
            throw KeyBackendError(
                .unsupported,
                "The keyring has format version \(version), and this program knows \(formatVersion); "
                    + "open it with a newer version of the program. Nothing is damaged.")
        }
        guard bytes.count >= 4 + codeSizeBytes else { throw damaged("it is too short") }
        let checksum = try reader.integer(UInt32.self, at: bytes.count - 4)
        // Safe: bytes have no padding to be read.
        guard checksum == CRC32C.checksum(unsafe bytes.span.bytes.extracting(0..<bytes.count - 4)) else {
            throw damaged("its checksum does not match")
        }
        let rootKind = try reader.integer(UInt16.self)
        let sourceSize = Int(try reader.integer(UInt32.self))
        guard sourceSize <= rootSourceSizeBytesMax else { throw damaged("its root source is too long") }
        let keyringID = try reader.bytes(KeyringHeader.identifierSizeBytes)
        let created = Int64(bitPattern: try reader.integer(UInt64.self))
        let checkValue = try reader.bytes(KeyringHeader.checkValueSizeBytes)
        guard let source = String(validating: try reader.bytes(sourceSize), as: UTF8.self) else {
            throw damaged("its root source is no text")
        }
        let header = KeyringHeader(
            keyringID: keyringID, createdMilliseconds: created, rootSource: try rootSource(rootKind, source),
            checkValue: checkValue)
        guard reader.remainingCount >= 4 + codeSizeBytes else { throw damaged("it ends too early") }
        let body = try reader.bytes(reader.remainingCount - 4 - codeSizeBytes)
        return (KeyringFile(kind: kind, header: header, body: body), try reader.bytes(codeSizeBytes))
    }

    private static func rootSource(
        _ kind: UInt16, _ text: String
    ) throws(KeyBackendError) -> KeyringHeader.RootSource {
        switch kind {
        case 1: return .file(text)
        case 2: return .passphrase(try PassphraseParameters(text))
        default: throw damaged("its root key is of unknown kind \(kind)")
        }
    }

    package static func damaged(_ what: String) -> KeyBackendError {
        KeyBackendError(
            .keyringDamaged,
            "The keyring's file is damaged: \(what). Restore the keyring folder from a backup; nothing opens without."
        )
    }
}
