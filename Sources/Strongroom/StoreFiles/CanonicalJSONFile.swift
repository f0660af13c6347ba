internal import StrongroomSystem
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A small file of the store's that people may look at: JSON with sorted names, and as its last line a
/// checksum of all before it, so that a damaged byte is not taken for a setting.
///
///     { …sorted members… }\n
///     crc32c xxxxxxxx\n
enum CanonicalJSONFile {
    /// Larger files are refused before they are read.
    static let limitBytes = 64 << 10

    /// Writes under another name, makes it durable, and only then puts it in its place.
    static func write(
        _ value: some Encodable, to path: FilePath, in fileSystem: any FileSystem
    ) throws(StorageError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        var bytes: [UInt8]
        do {
            bytes = Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            preconditionFailure("the store's own settings are encodable: \(error)")
        }
        bytes += checksumLine(bytes)
        let new = FilePath(path.string + ".new")
        if try fileSystem.status(new) != nil { try fileSystem.remove(new) }
        let file = try fileSystem.open(new, .create)

        try file.write(bytes, at: 0)
        try file.synchronizeData()
        file.close()
        try fileSystem.rename(new, to: path)
        try fileSystem.synchronizeDirectory(path.removingLastComponent())
    }

    static func read<Value: Decodable>(
        _ type: Value.Type, from path: FilePath, in fileSystem: any FileSystem, limitBytes: Int = limitBytes
    ) throws(StorageError) -> Value {
        let file = try fileSystem.open(path, .readOnly)
        defer { file.close() }
        let size = try file.sizeBytes()
        guard size <= UInt64(limitBytes) else {
            throw StorageError(.corrupted, "The file has \(size) bytes, more than it can have.", path: path)
        }
        return try decode(type, try file.readBytes(at: 0, count: Int(size)), path: path)
    }

    /// - Parameter path: where the bytes stood, for errors.
    static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], path: FilePath
    ) throws(StorageError) -> Value {
        let body = try check(bytes, path: path)
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw StorageError(.unsupportedFormat, "The file's contents are not understood: \(error).", path: path)
        }
    }

    /// The members, whatever they say, of bytes that are what was written.
    @discardableResult
    static func check(_ bytes: [UInt8], path: FilePath) throws(StorageError) -> ArraySlice<UInt8> {
        let body = bytes.dropLast(checksumLineBytes)
        guard body.count + checksumLineBytes == bytes.count, checksumLine(Array(body)) == Array(bytes[body.endIndex...])
        else {
            throw StorageError(
                .corrupted,
                "The file is damaged: its checksum does not match. Restore it from a backup; a store's own file is "
                    + "mended by repair.", path: path)
        }
        return body
    }

    private static let checksumLineBytes = "crc32c 00000000\n".utf8.count

    private static func checksumLine(_ bytes: [UInt8]) -> [UInt8] {
        let digits = String(CRC32C.checksum(unsafe bytes.span.bytes), radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.count) + digits
        return Array("crc32c \(padded)\n".utf8)
    }
}
