import Foundation
import StrongroomCrypto
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// What a core dump of the idle process would hold: the writable memory that is not left out of it is
/// searched for keys.
@Suite struct KeyRemnantTests {
    @Test(.disabled(if: Sanitizer.isThere, "a sanitizer's memory is listed, and gone before it is read"))
    func noKeyIsLeftOutsideLockedMemory() async {
        await #expect(processExitsWith: .success) {
            let key = try SecretBytes.random(count: 32)
            let salt = SystemRandom().bytes(24)
            let cipherKey = try Self.cipherKey(under: key, salt: salt)
            try Self.use(key, salt: salt, cipherKey: cipherKey)
            #expect(try Self.count(of: key) == 0, "the key was left behind")
            #expect(try Self.count(of: cipherKey) == 0, "the key of the stream was left behind")
        }
    }

    /// Everything that one does with a key, until it is done.
    private static func use(_ key: borrowing SecretBytes, salt: [UInt8], cipherKey: borrowing SecretBytes) throws {
        let plaintext = [UInt8](repeating: 1, count: 50_000)
        var sealer = try StreamSealer(.aes256GCM, key: key, context: [], random: FixedRandom(bytes: salt))
        var sealed = sealer.header
        try sealer.append(unsafe plaintext.span.bytes, to: &sealed)
        // Seen while the cipher lives: the search finds what is there.
        #expect(try count(of: cipherKey) > 0)
        try sealer.finish(to: &sealed)
        #expect(try SealedStream.open(sealed, .aes256GCM, key: key, context: []) == plaintext)
        for suite in SealedStreamSuite.allCases {
            let wrapped = try SealedStream.sealSecret(
                key, suite, under: key, context: [], random: FixedRandom(bytes: salt))
            _ = try SealedStream.openSecret(wrapped, count: 32, suite, under: key, context: [])
        }
        let prepared = try PreparedKey(key)
        _ = try prepared.expand(info: [1], count: 100)
        _ = try MessageAuthenticator(key: key).code(for: sealed)
        _ = try HKDF<SHA256>.extract(salt: unsafe salt.span.bytes, from: key)
        #expect(try key.copy().isEqual(to: key))
    }

    /// The key that the stream's chunks are sealed with.
    private static func cipherKey(under key: borrowing SecretBytes, salt: [UInt8]) throws -> SecretBytes {
        let info = Array("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0".utf8) + salt
        let material = try HKDF<SHA512>.expand(key, info: info, count: 76)
        return try material.withBytes { (material) throws(SecretMemoryError) in
            try SecretBytes(copying: material.extracting(first: 32))
        }
    }

    /// How often the secret stands in memory that a core dump would have.
    private static func count(of secret: borrowing SecretBytes) throws -> Int {
        let ranges = try MemoryMapping.all()
            .filter { $0.flags.isSuperset(of: ["rd", "wr"]) && !$0.flags.contains("dd") }.map(\.range)
        return try secret.withBytes { secret in
            unsafe secret.withUnsafeBytes { secret in
                var count = 0
                for range in ranges {
                    var address = range.lowerBound
                    let end = range.upperBound - UInt(secret.count)
                    while address <= end,
                        let found = unsafe memchr(
                            UnsafeRawPointer(bitPattern: address)!, Int32(secret[0]), Int(end - address) + 1)
                    {
                        if unsafe memcmp(found, secret.baseAddress!, secret.count) == 0 { count += 1 }
                        address = UInt(bitPattern: found) + 1
                    }
                }
                return count
            }
        }
    }
}
