package import StrongroomKeys
internal import StrongroomSystem

/// The keyring file. Everything in it may be read by whoever has it; the keys are sealed.
///
///     offset size
///     0      8    magic "SR-S3KEY"
///     8      2    format version, 1
///     10     2    root kind: 1 file, 2 passphrase
///     12     4    size R of the root source
///     16     16   keyring id, random
///     32     8    created, milliseconds since 1970
///     40     16   check value of the root key: tells a wrong root key from damage
///     56     R    root source: name of the root key file (absolute, or in this folder), or PHC string of scrypt
///     …      4    number of keys
///            120  each: line u16 | zero u16 | version u32 | created i64 | sealed key (104)
///     …      32   HMAC-SHA-256 over all before, under a key derived from the root key
///     …      4    CRC-32C over all before: tells damage from a wrong root key
///
/// Little-endian; part of the format, must not change. A new format version is refused by older readers.
package struct KeyringDocument: Sendable, Equatable {
    static let magic = Array("SR-S3KEY".utf8)
    static let formatVersion: UInt16 = 1
    static let sizeBytesMax = 16 << 20
    package static let identifierSizeBytes = 16
    package static let checkValueSizeBytes = 16
    package static let codeSizeBytes = 32
    package static let sealedKeySizeBytes = 104
    package static let rootSourceSizeBytesMax = 4096
    private static let entrySizeBytes = 16 + sealedKeySizeBytes

    package enum RootSource: Sendable, Equatable {
        /// An absolute path outside the keyring's folder, or a name in it.
        case file(String)
        case passphrase(PassphraseParameters)

        /// The name of a root key file that was made in the keyring's folder; nil for everything else.
        var nameInFolder: String? {
            guard case .file(let path) = self, !path.utf8.contains(UInt8(ascii: "/")) else { return nil }
            return path
        }

        /// As a document holds it.
        package var fields: (kind: UInt16, text: String) {
            switch self {
            case .file(let path): (1, path)
            case .passphrase(let parameters): (2, parameters.description)
            }
        }

        /// From what a document holds, which somebody may have edited.
        package init(kind: UInt16, text: String) throws(KeyBackendError) {
            switch kind {
            case 1: self = .file(text)
            case 2: self = .passphrase(try PassphraseParameters(text))
            default: throw KeyringDocument.damaged("its root key is of unknown kind \(kind)")
            }
        }
    }

    struct Entry: Sendable, Equatable {
        var line: KeyLine
        var version: UInt32
        var createdMilliseconds: Int64
        var sealedKey: [UInt8]
    }

    var keyringID: [UInt8]
    var createdMilliseconds: Int64
    var rootSource: RootSource
    var checkValue: [UInt8]
    /// Ascending by line, then by version.
    var entries: [Entry]

    /// Everything that the authentication code covers.
    var authenticatedBytes: [UInt8] {
        let (kind, source) = rootSource.fields
        assert(keyringID.count == Self.identifierSizeBytes)
        assert(checkValue.count == Self.checkValueSizeBytes)
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(kind)
        bytes.appendLittleEndian(UInt32(source.utf8.count))
        bytes += keyringID
        bytes.appendLittleEndian(UInt64(bitPattern: createdMilliseconds))
        bytes += checkValue
        bytes += source.utf8
        bytes.appendLittleEndian(UInt32(entries.count))
        for entry in entries {
            assert(entry.sealedKey.count == Self.sealedKeySizeBytes)
            bytes.appendLittleEndian(entry.line.rawValue)
            bytes.appendLittleEndian(UInt16(0))
            bytes.appendLittleEndian(entry.version)
            bytes.appendLittleEndian(UInt64(bitPattern: entry.createdMilliseconds))
            bytes += entry.sealedKey
        }
        return bytes
    }

    /// The whole file.
    func encoded(code: [UInt8]) -> [UInt8] {
        assert(code.count == Self.codeSizeBytes)
        var bytes = authenticatedBytes + code
        // Safe: bytes have no padding to be read.
        bytes.appendLittleEndian(CRC32C.checksum(unsafe bytes.span.bytes))
        return bytes
    }

    /// Decodes a file, of which nothing is trusted; its code is checked by whoever has the root key.
    static func decode(_ bytes: [UInt8]) throws(KeyBackendError) -> (document: KeyringDocument, code: [UInt8]) {
        guard bytes.starts(with: magic) else { throw damaged("it does not start with the keyring's magic") }
        var reader = ByteReader(bytes, from: magic.count)
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
        let kind = try reader.integer(UInt16.self)
        let sourceSize = Int(try reader.integer(UInt32.self))
        guard sourceSize <= rootSourceSizeBytesMax else { throw damaged("its root source is too long") }
        let keyringID = try reader.bytes(identifierSizeBytes)
        let created = Int64(bitPattern: try reader.integer(UInt64.self))
        let checkValue = try reader.bytes(checkValueSizeBytes)
        guard let source = String(validating: try reader.bytes(sourceSize), as: UTF8.self) else {
            throw damaged("its root source is no text")
        }
        let count = Int(try reader.integer(UInt32.self))
        guard reader.remainingCount == 4 + codeSizeBytes + count * entrySizeBytes else {
            throw damaged("its length does not fit its number of keys")
        }
        var entries: [Entry] = []
        for _ in 0..<count { entries.append(try decodeEntry(&reader)) }
        let document = KeyringDocument(
            keyringID: keyringID, createdMilliseconds: created, rootSource: try RootSource(kind: kind, text: source),
            checkValue: checkValue, entries: entries)
        try document.checkEntries()
        return (document, try reader.bytes(codeSizeBytes))
    }

    private static func decodeEntry(_ reader: inout ByteReader) throws(KeyBackendError) -> Entry {
        guard let line = KeyLine(rawValue: try reader.integer(UInt16.self)) else {
            throw damaged("it has a key of an unknown line")
        }
        guard try reader.integer(UInt16.self) == 0 else { throw damaged("a reserved field is not zero") }
        return Entry(
            line: line, version: try reader.integer(UInt32.self),
            createdMilliseconds: Int64(bitPattern: try reader.integer(UInt64.self)),
            sealedKey: try reader.bytes(sealedKeySizeBytes))
    }

    /// Each line has versions 1, 2, 3 and so on: none is missing, none comes twice.
    private func checkEntries() throws(KeyBackendError) {
        let expected = KeyLine.allCases.flatMap { line in
            (0..<entries.count { $0.line == line }).map { (line, UInt32($0 + 1)) }
        }
        guard KeyLine.allCases.allSatisfy({ line in entries.contains { $0.line == line } }),
            zip(entries, expected).allSatisfy({ $0.line == $1.0 && $0.version == $1.1 })
        else { throw Self.damaged("a version of a key is missing or out of order") }
    }

    package static func damaged(_ what: String) -> KeyBackendError {
        KeyBackendError(
            .keyringDamaged,
            "The keyring's file is damaged: \(what). Restore the keyring folder from a backup; nothing opens without."
        )
    }
}
