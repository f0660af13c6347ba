import StrongroomCrypto
import StrongroomKeyring
import StrongroomSystem
import Testing

@testable import StrongroomKeys
@testable import StrongroomPKCS11Keys

/// The bytes of wrapped keys.
@Suite struct TokenWrapTests {
    private let identity = KeyIdentity(version: 0x0102_0304, random: [UInt8](0xA0...0xAF))

    @Test func identitiesAreOrderedAndRead() throws {
        let bytes = Array("SRPK".utf8) + [1, 2, 3, 4] + [UInt8](0xA0...0xAF)
        #expect(identity.bytes == bytes)
        #expect(identity.description == "16909060-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
        #expect(KeyIdentity(bytes: bytes) == identity)
        for bad in [
            bytes.dropLast(), bytes + [0], [UInt8(0)] + bytes.dropFirst(), bytes[..<4] + [0, 0, 0, 0] + bytes[8...],
        ] {
            #expect(KeyIdentity(bytes: bad) == nil)
        }
        let later = KeyIdentity(version: 0x0102_0305, random: [UInt8](repeating: 0, count: 16))
        let sibling = KeyIdentity(version: 0x0102_0304, random: [UInt8](0xA0...0xAE) + [0xB0])
        #expect(identity < sibling && sibling < later && !(identity < identity))
    }

    /// What the token is asked must not change: old wraps would open no more.
    @Test func theQuestionToTheTokenIsPinned() throws {
        let message = try TokenWrap.message(
            identity, "strongroom/photos", salt: [UInt8](repeating: 0x5A, count: 32), try EncryptionContext(["a": "b"]))
        var expected: [UInt8] = []
        for field in [Array("strongroom/pkcs11/wrapping-key@v1".utf8), identity.bytes, Array("strongroom/photos".utf8)]
        {
            expected += [UInt8(field.count), 0, 0, 0] + field
        }
        expected += [32, 0, 0, 0] + [UInt8](repeating: 0x5A, count: 32)
        // SHA-256 of 01000000 01000000 61 01000000 62
        expected +=
            [32, 0, 0, 0] + Hexadecimal.decode("e5c883c890318ccd504cfa716e808798efd054ca53c47cf51b0ed0fbf35353bd")!
        #expect(message == expected)
    }

    private func key(_ byte: UInt8) throws -> WrappingKey {
        try WrappingKey(
            try SecretBytes(count: 32) { room in
                for offset in 0..<32 { room.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
            })
    }

    @Test func aWrapIsReadAndOpened() throws {
        let data = try SecretBytes.random(count: 32)
        let context = try EncryptionContext(["a": "b"])
        let salt = [UInt8](repeating: 0x5A, count: 32)
        let wrap = try TokenWrap(
            wrapping: data, identity, salt: salt, under: try key(1), "strongroom/photos", context,
            ProcessKeyBackendHost.silent)
        let bytes = wrap.bytes
        #expect(bytes.count == 172 && Array(bytes[..<8]) == Array("SRPW".utf8) + [1, 0, 0, 0])
        #expect(Array(bytes[12..<36]) == identity.bytes && Array(bytes[36..<68]) == salt)
        let read = try TokenWrap(bytes)
        #expect(read.identity == identity && read.salt == salt)
        let opened = try read.open(under: try key(1), "strongroom/photos", context)
        #expect(try opened.isEqual(to: data))
        for (wrong, label, other) in [
            (try key(2), "strongroom/photos", context), (try key(1), "strongroom/photo", context),
            (try key(1), "strongroom/photos", EncryptionContext.empty),
        ] {
            let error = #expect(throws: KeyBackendError.self) { _ = try read.open(under: wrong, label, other) }
            #expect(error?.code == .invalidCiphertext)
        }
    }

    @Test func aLaterFormatIsToldFromDamage() throws {
        var bytes = try TokenWrap(
            wrapping: try SecretBytes.random(count: 32), identity, salt: [UInt8](repeating: 1, count: 32),
            under: try key(1), "k", .empty, ProcessKeyBackendHost.silent
        ).bytes
        bytes[4] = 2
        #expect(throws: KeyBackendError.self) { _ = try TokenWrap(bytes) }
        let error = #expect(throws: KeyBackendError.self) { _ = try TokenWrap(Self.mended(bytes)) }
        #expect(error?.code == .unsupported)
    }

    /// With the checksum that fits, as somebody who alters a wrap on purpose would leave it.
    private static func mended(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let rest = Array(bytes[..<8] + bytes[12...])
        var checksum: [UInt8] = []
        // Safe: bytes have no padding to be read.
        checksum.appendLittleEndian(CRC32C.checksum(unsafe rest.span.bytes))
        bytes.replaceSubrange(8..<12, with: checksum)
        return bytes
    }

    @Test func noDamagedWrapIsOpened() async throws {
        let instance = try await TestToken().open(creates: true)
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        let other = try await instance.generateDataKey(DataKeyRequest()).wrapped
        let plain: Set<KeyBackendError.Code> = [.invalidCiphertext]
        // A version that the token does not have is one that another token may have.
        let mended: Set<KeyBackendError.Code> = [.invalidCiphertext, .incorrectKey, .keyNotFound, .unsupported]
        var variants: [([UInt8], Set<KeyBackendError.Code>)] = []
        for index in wrapped.bytes.indices {
            var bytes = wrapped.bytes
            bytes[index] ^= UInt8.random(in: 1...255)
            variants.append((bytes, plain))
            if !(8..<12).contains(index) { variants.append((Self.mended(bytes), mended)) }
        }
        for count in [0, 1, 8, 12, 36, 68, 171] where count > 0 {
            variants.append((Array(wrapped.bytes.prefix(count)), plain))
        }
        variants.append((wrapped.bytes + [0], plain))
        // One wrap's salt with another's stream.
        variants.append((Self.mended(Array(wrapped.bytes[..<68] + other.bytes[68...])), [.invalidCiphertext]))
        for (bytes, codes) in variants {
            var damaged = wrapped
            damaged.bytes = bytes
            let error = await refusal { _ = try await instance.unwrap(damaged, for: UnwrapRequest()) }
            #expect(error.map { codes.contains($0.code) } == true, "\(String(describing: error))")
        }
    }
}
