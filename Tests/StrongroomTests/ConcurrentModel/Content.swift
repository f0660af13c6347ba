import StrongroomCrypto
import StrongroomKeys

@testable import Strongroom

/// The bytes that an object should have, shared by all that know of them.
final class Content: Sendable, CustomStringConvertible {
    let bytes: [UInt8]
    /// CRC-64/NVME, by which receipts tell what was stored.
    let checksum: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        checksum = Self.checksum(bytes)
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        do throws(SealError) {
            // Safe: a UInt8 is raw bytes.
            return try ChecksumHasher.checksum(.crc64NVME, unsafe bytes.span.bytes)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    var description: String { "\(bytes.count) bytes beginning \(bytes.prefix(4))" }

    func clamped(to range: Range<UInt64>?) -> [UInt8] {
        guard let range else { return bytes }
        return Array(bytes[Int(range.lowerBound)..<Int(min(range.upperBound, UInt64(bytes.count)))])
    }

    /// As nothing else is asked for.
    var checksums: [ObjectChecksum] { [ObjectChecksum(.crc64NVME, checksum)] }

    /// Why `found` and `sizeBytes` are not those of the content; nil where they are.
    func objection(to found: [ObjectChecksum], _ sizeBytes: UInt64) -> String? {
        guard sizeBytes == UInt64(bytes.count) else { return "the size is \(sizeBytes), not \(bytes.count)" }
        return found == checksums ? nil : "the checksums are \(found), not \(checksums)"
    }

    /// Why `etag` is not the one asked for: the MD5, where the mode tells what follows from the plaintext.
    func objection(to etag: String, _ wanted: ETagKind, _ encryption: WorldEncryption) -> String? {
        let isMD5 = wanted == .md5 && !encryption.hidesChecksums
        guard isMD5 else { return etag.hasSuffix("-1") ? nil : "the ETag \(etag) is not opaque" }
        let md5 = Self.md5(bytes)
        return etag == md5 ? nil : "the ETag \(etag) is not the MD5, \(md5)"
    }

    private static func md5(_ bytes: [UInt8]) -> String {
        do throws(SealError) {
            // Safe: a UInt8 is raw bytes.
            let digest = try Digest.hash(.md5, unsafe bytes.span.bytes)
            return Hexadecimal.encode(digest)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
