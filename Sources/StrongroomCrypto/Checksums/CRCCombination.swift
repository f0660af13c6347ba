package import StrongroomSystem

extension CRC32 {
    private static let modulus = CRCModulus<UInt32>(generator: 0xEDB8_8320)

    /// The checksum of two messages one after the other, from the checksums of both.
    package static func combine(_ first: UInt32, _ second: UInt32, secondLengthBytes: UInt64) -> UInt32 {
        modulus.combine(first, second, secondLengthBytes: secondLengthBytes)
    }
}

extension CRC32C {
    private static let modulus = CRCModulus<UInt32>(generator: 0x82F6_3B78)

    /// The checksum of two messages one after the other, from the checksums of both.
    package static func combine(_ first: UInt32, _ second: UInt32, secondLengthBytes: UInt64) -> UInt32 {
        modulus.combine(first, second, secondLengthBytes: secondLengthBytes)
    }
}

extension CRC64NVME {
    private static let modulus = CRCModulus<UInt64>(generator: 0x9A6C_9329_AC4B_C9B5)

    /// The checksum of two messages one after the other, from the checksums of both.
    package static func combine(_ first: UInt64, _ second: UInt64, secondLengthBytes: UInt64) -> UInt64 {
        modulus.combine(first, second, secondLengthBytes: secondLengthBytes)
    }
}
