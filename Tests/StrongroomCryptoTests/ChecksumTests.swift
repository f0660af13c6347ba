import CStrongroomShims
import StrongroomCrypto
import StrongroomSystem
import Testing

/// CRC-32, CRC-32C and CRC-64/NVME against their definition, on every path this machine can take.
@Suite struct ChecksumTests {
    private static let paths = [STRONGROOM_CHECKSUM_TABLE, STRONGROOM_CHECKSUM_PCLMUL, STRONGROOM_CHECKSUM_VPCLMUL]

    /// One bit at a time, as the polynomials are written in RFC 1952, RFC 3720 and the NVM Express specification.
    private static func crc<Word: FixedWidthInteger>(
        _ bytes: ArraySlice<UInt8>, _ previous: Word, polynomial: Word
    ) -> Word {
        var register = ~previous
        for byte in bytes {
            register ^= Word(byte)
            for _ in 0..<8 {
                let isOdd = register & 1 == 1
                register >>= 1
                if isOdd { register ^= polynomial }
            }
        }
        return ~register
    }

    @Test func checkValues() {
        let digits = Array("123456789".utf8)
        #expect(CRC32.checksum(unsafe digits.span.bytes) == 0xCBF4_3926)
        #expect(CRC32C.checksum(unsafe digits.span.bytes) == 0xE306_9283)
        #expect(CRC64NVME.checksum(unsafe digits.span.bytes) == 0xAE8B_1486_0A79_9888)
        #expect(CRC32.checksum(RawSpan()) == 0)
        #expect(CRC32C.checksum(RawSpan()) == 0)
        #expect(CRC64NVME.checksum(RawSpan()) == 0)
        // RFC 3720, B.4: 32 bytes of zeros, of ones.
        let zeros = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        #expect(CRC32C.checksum(unsafe zeros.span.bytes) == 0x8A91_36AA)
        #expect(CRC32C.checksum(unsafe ones.span.bytes) == 0x62A8_AB43)
    }

    /// Sizes around every loop's bound: 8, 16, 64, 128, 256 bytes and their multiples.
    @Test func everyPathAgreesWithTheDefinition() {
        let random = SeededRandom(1)
        let bytes = random.bytes(2048)
        for size in Array(0...300) + [511, 512, 513, 767, 1023, 1024, 1025, 1279, 1536] {
            let start = random.next(in: 0...63)
            let slice = bytes[start..<start + size]
            let previous = random.next()
            let expectedZlib = Self.crc(
                slice, UInt32(truncatingIfNeeded: previous), polynomial: 0xEDB8_8320)
            let expected32 = Self.crc(
                slice, UInt32(truncatingIfNeeded: previous), polynomial: 0x82F6_3B78)
            let expected64 = Self.crc(slice, previous, polynomial: 0x9A6C_9329_AC4B_C9B5)
            unsafe slice.withUnsafeBytes { slice in
                for path in Self.paths {
                    let zlib = unsafe strongroom_crc32_on(
                        path, UInt32(truncatingIfNeeded: previous), slice.baseAddress, slice.count)
                    let narrow = unsafe strongroom_crc32c_on(
                        path, UInt32(truncatingIfNeeded: previous), slice.baseAddress, slice.count)
                    let wide = unsafe strongroom_crc64nvme_on(path, previous, slice.baseAddress, slice.count)
                    #expect(zlib == expectedZlib, "\(size) bytes on path \(path.rawValue)")
                    #expect(narrow == expected32, "\(size) bytes on path \(path.rawValue)")
                    #expect(wide == expected64, "\(size) bytes on path \(path.rawValue)")
                }
            }
        }
    }

    /// The same bytes at every place of a cache line, so that every load is tried across its end.
    @Test func noPathMindsWhereBytesLie() {
        let previous = SeededRandom(7).next()
        let narrow = UInt32(truncatingIfNeeded: previous)
        for size in 0...600 {
            let bytes = SeededRandom(UInt64(size)).bytes(size)
            var seen: Set<[UInt64]> = []
            for alignment in 0..<64 {
                let moved = [UInt8](repeating: 0xA5, count: alignment) + bytes + [0x5A]
                unsafe moved.withUnsafeBytes { moved in
                    let start = unsafe moved.baseAddress! + alignment
                    for path in Self.paths {
                        unsafe seen.insert([
                            UInt64(strongroom_crc32_on(path, narrow, start, size)),
                            UInt64(strongroom_crc32c_on(path, narrow, start, size)),
                            strongroom_crc64nvme_on(path, previous, start, size),
                        ])
                    }
                }
            }
            #expect(seen.count == 1, "\(size) bytes")
        }
    }

    @Test func piecesContinueOneAnother() {
        let random = SeededRandom(2)
        let bytes = random.bytes(5000)
        let zlib = CRC32.checksum(unsafe bytes.span.bytes)
        let narrow = CRC32C.checksum(unsafe bytes.span.bytes)
        let wide = CRC64NVME.checksum(unsafe bytes.span.bytes)
        for _ in 0..<100 {
            let cut = random.next(in: 0...bytes.count)
            let head = unsafe bytes.span.bytes.extracting(0..<cut)
            let tail = unsafe bytes.span.bytes.extracting(cut..<bytes.count)
            #expect(CRC32.checksum(tail, continuing: CRC32.checksum(head)) == zlib)
            #expect(CRC32C.checksum(tail, continuing: CRC32C.checksum(head)) == narrow)
            #expect(CRC64NVME.checksum(tail, continuing: CRC64NVME.checksum(head)) == wide)
        }
    }

    @Test func everyFlippedBitIsSeen() {
        var bytes = SeededRandom(3).bytes(400)
        let zlib = CRC32.checksum(unsafe bytes.span.bytes)
        let narrow = CRC32C.checksum(unsafe bytes.span.bytes)
        let wide = CRC64NVME.checksum(unsafe bytes.span.bytes)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(CRC32.checksum(unsafe bytes.span.bytes) != zlib)
            #expect(CRC32C.checksum(unsafe bytes.span.bytes) != narrow)
            #expect(CRC64NVME.checksum(unsafe bytes.span.bytes) != wide)
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }
}
