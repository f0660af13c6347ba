import StrongroomCrypto

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

    /// Why `checksums` and `sizeBytes` are not those of the content; nil where they are.
    func objection(to checksums: [ObjectChecksum], _ sizeBytes: UInt64) -> String? {
        guard sizeBytes == UInt64(bytes.count) else { return "the size is \(sizeBytes), not \(bytes.count)" }
        let found = checksums.first { $0.algorithm == .crc64NVME }?.digest
        return found == checksum ? nil : "the checksum is \(found ?? []), not \(checksum)"
    }
}
