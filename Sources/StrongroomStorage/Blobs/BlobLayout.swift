internal import StrongroomJournal
internal import SystemPackage

/// Names in `blobs/`: `<epoch, 16 hex digits>/<id, 32 hex digits>.blob`. Never made of an object's name.
struct BlobLayout: Sendable {
    let directory: FilePath
    private static let suffix = ".blob"

    func epochDirectory(_ epoch: UInt64) -> FilePath {
        directory.appending(epoch.hexadecimalDigits)
    }

    private func file(epoch: UInt64, id: [UInt8]) -> FilePath {
        epochDirectory(epoch).appending(id.hexadecimalDigits + Self.suffix)
    }

    func file(_ name: BlobName) -> FilePath { file(epoch: name.epoch, id: name.id) }

    /// Nil for what this store did not name.
    static func epoch(directoryName: String) -> UInt64? {
        guard directoryName.utf8.count == 16, isLowercaseHexadecimal(directoryName) else { return nil }
        return UInt64(directoryName, radix: 16).flatMap { $0 <= JournalNumber.greatest ? $0 : nil }
    }

    /// Nil for what this store did not name.
    static func id(fileName: String) -> [UInt8]? {
        guard fileName.hasSuffix(suffix) else { return nil }
        let digits = fileName.dropLast(suffix.count)
        guard digits.utf8.count == 2 * BlobReference.idSizeBytes, isLowercaseHexadecimal(digits) else { return nil }
        let bytes = Array(digits.utf8)
        return stride(from: 0, to: bytes.count, by: 2).map { nibble(bytes[$0]) << 4 | nibble(bytes[$0 + 1]) }
    }

    private static func isLowercaseHexadecimal(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func nibble(_ digit: UInt8) -> UInt8 { digit < 0x40 ? digit - 0x30 : digit - 0x57 }
}
