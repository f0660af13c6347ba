internal import StrongroomKeyring
internal import StrongroomKeys

/// What the keyring's file holds: a header as every keyring has, and as its body the sealed keys.
///
///     offset size
///     0      4    number of keys
///     4      120  each: line u16 | zero u16 | version u32 | created i64 | sealed key (104)
///
/// Little-endian; part of the format, must not change.
struct KeyringDocument: Sendable, Equatable {
    static let sealedKeySizeBytes = 104
    private static let entrySizeBytes = 16 + sealedKeySizeBytes

    struct Entry: Sendable, Equatable {
        var line: KeyLine
        var version: UInt32
        var createdMilliseconds: Int64
        var sealedKey: [UInt8]

        /// What the sealed key is bound to; part of the format.
        var name: [String] { Self.name(line, version) }

        static func name(_ line: KeyLine, _ version: UInt32) -> [String] { [line.keyID, String(version)] }
    }

    var header: KeyringHeader
    /// Ascending by line, then by version.
    var entries: [Entry]

    /// The file that holds it.
    var file: KeyringFile {
        var body: [UInt8] = []
        body.appendLittleEndian(UInt32(entries.count))
        for entry in entries {
            assert(entry.sealedKey.count == Self.sealedKeySizeBytes)
            body.appendLittleEndian(entry.line.rawValue)
            body.appendLittleEndian(UInt16(0))
            body.appendLittleEndian(entry.version)
            body.appendLittleEndian(UInt64(bitPattern: entry.createdMilliseconds))
            body += entry.sealedKey
        }
        return KeyringFile(kind: S3ManagedKeys.keyringKind, header: header, body: body)
    }

    init(header: KeyringHeader, entries: [Entry]) {
        self.header = header
        self.entries = entries
    }

    /// Reads a body of which nothing is trusted.
    init(_ file: KeyringFile) throws(KeyBackendError) {
        var reader = ByteReader(file.body)
        let count = Int(try reader.integer(UInt32.self))
        guard reader.remainingCount == count * Self.entrySizeBytes else {
            throw KeyringFile.damaged("its length does not fit its number of keys")
        }
        header = file.header
        entries = []
        for _ in 0..<count { entries.append(try Self.decodeEntry(&reader)) }
        try checkEntries()
    }

    private static func decodeEntry(_ reader: inout ByteReader) throws(KeyBackendError) -> Entry {
        guard let line = KeyLine(rawValue: try reader.integer(UInt16.self)) else {
            throw KeyringFile.damaged("it has a key of an unknown line")
        }
        guard try reader.integer(UInt16.self) == 0 else { throw KeyringFile.damaged("a reserved field is not zero") }
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
        else { throw KeyringFile.damaged("a version of a key is missing or out of order") }
    }
}
