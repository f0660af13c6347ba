import StrongroomSystem
import SystemPackage

/// The one row that is no part of the trie. Part of the on-disk format:
///
///     magic         4 bytes   "SRIX"
///     version       4 bytes   big-endian; 1
///     nextChildID   8 bytes   big-endian; every child id in use is less than this
package struct TrieHeader: Equatable, Sendable {
    package enum Fault: Error, Equatable { case malformed, unknownVersion(UInt32) }

    static let magic = Array("SRIX".utf8)
    static let version: UInt32 = 1
    static let sizeBytes = 16

    var nextChildID: UInt64 = TrieKey.rootID + 1

    func encoded() -> [UInt8] {
        Self.magic + (0..<4).reversed().map { UInt8(truncatingIfNeeded: Self.version >> (8 * $0)) }
            + TrieKey.childID(nextChildID)
    }

    /// Total: any bytes may come.
    package static func decode(_ bytes: [UInt8]) throws(Fault) -> TrieHeader {
        guard bytes.count >= 8, Array(bytes[..<4]) == magic else { throw .malformed }
        let version = bytes[4..<8].reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard bytes.count == sizeBytes, let nextChildID = TrieKey.decodeChildID(Array(bytes[8...])) else {
            throw .malformed
        }
        return TrieHeader(nextChildID: nextChildID)
    }

    static func decode(_ bytes: [UInt8], path: FilePath) throws(StorageError) -> TrieHeader {
        do throws(Fault) {
            return try decode(bytes)
        } catch {
            guard case .unknownVersion(let version) = error else {
                throw damaged("its header row is unreadable", path: path)
            }
            throw StorageError(
                .unsupportedFormat,
                "the catalog has format \(version); this Strongroom reads format \(Self.version): use a newer one",
                path: path)
        }
    }

    static func damaged(_ what: String, path: FilePath) -> StorageError {
        StorageError(
            .corrupted,
            "the catalog is damaged: \(what); close the store and run repair, which rebuilds it",
            path: path)
    }
}
