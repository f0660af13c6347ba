import StrongroomCrypto
import StrongroomSystem
import Testing

@Suite struct DigestTests {
    private static let abc: [(Digest.Algorithm, String)] = [
        // RFC 1321 A.5 and FIPS 180-4's examples, of "abc".
        (.md5, "900150983cd24fb0d6963f7d28e17f72"),
        (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ]

    @Test(arguments: abc)
    func publishedExamples(algorithm: Digest.Algorithm, expected: String) throws {
        let message = Array("abc".utf8)
        #expect(try Digest.hash(algorithm, unsafe message.span.bytes).hex == expected)
    }

    /// In pieces of any size, and again after `finish`: it starts anew.
    @Test(arguments: Digest.Algorithm.allCases)
    func piecesMakeTheSameHash(algorithm: Digest.Algorithm) throws {
        let random = SeededRandom(4)
        let message = random.bytes(10_000)
        let expected = try Digest.hash(algorithm, unsafe message.span.bytes)
        var digest = try Digest(algorithm)
        for _ in 0..<20 {
            var offset = 0
            while offset < message.count {
                let end = min(message.count, offset + random.next(in: 0...700))
                digest.update(unsafe message.span.bytes.extracting(offset..<end))
                offset = end
            }
            #expect(digest.finish() == expected)
        }
    }

    @Test func theStateOfAMACIsThatOfTheKeyItWasMadeWith() throws {
        let message = SeededRandom(5).bytes(100)
        let first = try MessageAuthenticator(key: secret([UInt8](repeating: 1, count: 32)))
        let second = try MessageAuthenticator(key: secret([UInt8](repeating: 2, count: 32)))
        let code = try first.code(for: message)
        #expect(try first.code(for: message) == code)
        #expect(try second.code(for: message) != code)
        #expect(try first.isValid(code, for: message))
        #expect(try !second.isValid(code, for: message))
        #expect(try !first.isValid(Array(code.dropLast()), for: message))
        #expect(try !first.isValid([], for: message))
    }

    @Test func oneAuthenticatorServesManyTasks() async throws {
        let authenticator = try MessageAuthenticator(key: secret([UInt8](repeating: 7, count: 32)))
        let messages = (0..<64).map { SeededRandom($0).bytes(300) }
        let expected = try messages.map { try authenticator.code(for: $0) }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    zip(messages, expected).allSatisfy { (try? authenticator.code(for: $0)) == $1 }
                }
            }
            for await agrees in group { #expect(agrees) }
        }
    }
}
