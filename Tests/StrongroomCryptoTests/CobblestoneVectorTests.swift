import StrongroomCrypto
import Testing

/// The published construction's vectors, through the code that opens objects.
@Suite("Sealed stream against Wycheproof", .enabled(if: Wycheproof.isAvailable, "STRONGROOM_TEST_VECTORS is not set"))
struct CobblestoneVectorTests {
    struct Vector: Decodable, Sendable {
        var tcId: Int
        var comment: String
        var key: String
        var ctx: String
        var ct: String
        var msgLength: Int?
        var msgSha512: String?
        var result: String
        var flags: [String]
    }

    private static func vectors() throws -> [Vector] {
        let file = try Wycheproof.load("c2sp_chunked_encryption_aes_256_gcm_test.json", of: Vector.self)
        #expect(file.numberOfTests == 35)
        return file.testGroups.flatMap(\.tests)
    }

    @Test func allInOneCall() throws {
        for vector in try Self.vectors() {
            let stream = inflate(zlib: [UInt8](hex: vector.ct))
            let result = Result {
                try SealedStream.open(
                    stream, .aes256GCM, key: secret(hex: vector.key), context: [UInt8](hex: vector.ctx))
            }
            guard vector.result == "valid" else {
                #expect(throws: SealError.self, "test \(vector.tcId): \(vector.comment)") { try result.get() }
                continue
            }
            let plaintext = try result.get()
            #expect(plaintext.count == vector.msgLength, "test \(vector.tcId)")
            #expect(try Digest.hash(.sha512, unsafe plaintext.span.bytes).hex == vector.msgSha512)
        }
    }

    @Test(arguments: [1, 7, 4096, 16_399, 16_400, 16_401, 1 << 20])
    func inPieces(pieceSize: Int) throws {
        for vector in try Self.vectors() where pieceSize >= 4096 || vector.ct.count < 1000 {
            let stream = inflate(zlib: [UInt8](hex: vector.ct))
            let isHeaderFailure = vector.flags.contains("HeaderFailure")
            var output: [UInt8] = []
            var reachedChunks = false
            do {
                var reader = try StreamReader(
                    StreamOpener(
                        .aes256GCM, key: secret(hex: vector.key), context: [UInt8](hex: vector.ctx),
                        header: unsafe stream.span.bytes.extracting(first: 56)))
                reachedChunks = true
                for start in stride(from: 56, to: stream.count, by: pieceSize) {
                    let piece = Array(stream[start..<min(start + pieceSize, stream.count)])
                    try reader.append(unsafe piece.span.bytes, to: &output)
                }
                try reader.finish(to: &output)
                #expect(vector.result == "valid", "test \(vector.tcId): \(vector.comment)")
            } catch {
                #expect(vector.result == "invalid", "test \(vector.tcId): \(error)")
            }
            #expect(reachedChunks == !isHeaderFailure, "test \(vector.tcId)")
            // Of an invalid stream, no more comes out than the prefix that the vector calls valid.
            #expect(output.count == vector.msgLength ?? 0, "test \(vector.tcId)")
            if let hash = vector.msgSha512 {
                #expect(try Digest.hash(.sha512, unsafe output.span.bytes).hex == hash, "test \(vector.tcId)")
            }
        }
    }
}
