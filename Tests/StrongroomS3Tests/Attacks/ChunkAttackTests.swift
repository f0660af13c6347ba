import StrongroomCrypto
import StrongroomSignature
import Testing

@testable import StrongroomS3Protocol

/// Attack 29: bodies in signed chunks that are altered on their way. Whatever it is, nothing of them is stored.
@Suite("Attacks on bodies in chunks") struct ChunkAttackTests {
    private static let chunks = [[UInt8](repeating: 1, count: 9_000), [UInt8](repeating: 2, count: 9_000), [3, 4]]
    private static let checksum = "x-amz-checksum-crc32"

    /// A put in chunks, in pieces: the chunks, the last one, the lines of the trailer, and the end.
    private struct Upload {
        var headers: S3Fixture.Headers
        var pieces: [[UInt8]]
    }

    private static func upload(_ fixture: S3Fixture, hasTrailer: Bool, value: String? = nil) throws -> Upload {
        let mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + (hasTrailer ? "-TRAILER" : "")
        let length = chunks.reduce(0) { $0 + $1.count }
        var wanted: S3Fixture.Headers = [
            ("host", "localhost"), ("content-encoding", "aws-chunked"), ("x-amz-content-sha256", mode),
            ("x-amz-decoded-content-length", "\(length)"),
        ]
        if hasTrailer { wanted.append(("x-amz-trailer", checksum)) }
        let headers = try S3Fixture.signed("PUT", "/data/k", "", wanted, [], fixture.administrator)
        let seed = try #require(headers.last?.value.split(separator: "=").last.map(String.init))
        let time = SigningTime(wallMilliseconds: S3Fixture.now)
        var signer = ChunkSigner(try S3Fixture.signingKey(fixture.administrator, at: time), at: time, seed: seed)
        var pieces: [[UInt8]] = []
        for chunk in chunks + [[]] {
            let signature = try signer.next(chunkHash: try PayloadHash.hexadecimal(chunk))
            let line = "\(String(chunk.count, radix: 16));chunk-signature=\(signature)\r\n"
            pieces.append(Array(line.utf8) + chunk + (chunk.isEmpty ? [] : [13, 10]))
        }
        if hasTrailer {
            let body = chunks.flatMap { $0 }
            let algorithm = try #require(ChecksumAlgorithm(name: "CRC32"))
            // Safe: a UInt8 is raw bytes.
            let digest = try ChecksumHasher.checksum(algorithm, unsafe body.span.bytes)
            let text = "\(checksum):\(value ?? PaddedBase64.encode(digest))"
            let signature = try signer.trailer(hash: try PayloadHash.hexadecimal(Array("\(text)\n".utf8)))
            pieces += [Array("\(text)\r\n".utf8), Array("x-amz-trailer-signature:\(signature)\r\n".utf8)]
        }
        return Upload(headers: headers, pieces: pieces + [[13, 10]])
    }

    private static func send(_ upload: Upload, _ fixture: S3Fixture) async throws -> S3Fixture.Response {
        let body = upload.pieces.flatMap { $0 }
        return try await fixture.deliver(
            "PUT", "/data/k", "", upload.headers + [("content-length", "\(body.count)")], body: body)
    }

    @Test("leave what was there before", arguments: [false, true])
    func altered(hasTrailer: Bool) async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [9]).status == 200)
        func refused(_ what: String, value: String? = nil, _ change: (inout [[UInt8]]) -> Void) async throws {
            var upload = try Self.upload(fixture, hasTrailer: hasTrailer, value: value)
            change(&upload.pieces)
            let answer = try await Self.send(upload, fixture)
            #expect(answer.status == 403 || answer.status == 400, "\(what): \(answer.status) \(answer.text)")
            #expect(try await fixture.send("GET", "/data/k").body == [9], "\(what)")
        }
        try await refused("a byte") { $0[1][5_000] ^= 1 }
        try await refused("a byte of the last chunk") { $0[2][$0[2].count - 3] ^= 1 }
        try await refused("a signature") { $0[0][30] = $0[0][30] == 0x30 ? 0x31 : 0x30 }
        try await refused("order") { $0.swapAt(0, 1) }
        try await refused("a chunk twice") { $0.insert($0[0], at: 0) }
        try await refused("a chunk left out") { $0.remove(at: 1) }
        try await refused("the last chunks left out") { $0.removeSubrange(1...2) }
        try await refused("no final chunk") { $0.removeSubrange(3...) }
        try await refused("no end") { $0.removeLast() }
        try await refused("more behind the end") { $0.append(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
        try await refused("a size line without an end") { $0[0] = [UInt8](repeating: 0x30, count: 200_000) }
        try await refused("a size beyond all numbers") {
            $0[0] = Array("ffffffffffffffffff;chunk-signature=\(String(repeating: "0", count: 64))\r\n".utf8)
        }
        if hasTrailer {
            try await refused("another checksum, well signed", value: "AAAAAA==") { _ in }
            try await refused("no trailer") { $0.removeSubrange(4...5) }
            try await refused("an unsigned trailer") { $0.remove(at: 5) }
            try await refused("a trailer twice") { $0.insert($0[4], at: 4) }
            try await refused("a trailer that was altered") { $0[4][25] ^= 1 }
            try await refused("another trailer") { $0[4] = Array("x-amz-meta-a:b\r\n".utf8) }
        }
        let right = try await Self.send(try Self.upload(fixture, hasTrailer: hasTrailer), fixture)
        #expect(right.status == 200, "\(right.text)")
        #expect(try await fixture.send("GET", "/data/k").body == Self.chunks.flatMap { $0 })
    }
}
