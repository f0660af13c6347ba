import StrongroomCrypto
import Testing

@testable import StrongroomSignature

/// Amazon S3 API Reference, "Signature calculations: transferring a payload in multiple chunks", and the same with a
/// trailer: 65 KiB of the letter a in chunks of 64 KiB.
@Suite("Amazon's examples of bodies in chunks")
struct ChunkedExampleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var mode: PayloadMode
        var headers: [(name: String, value: String)]
        /// The first is the request's.
        var signatures: [String]
        var trailer: [(name: String, value: String)]?
        var testDescription: String { mode.canonicalText }
    }

    private static let headers: [(name: String, value: String)] = [
        ("host", "s3.amazonaws.com"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"),
    ]

    static let examples = [
        Example(
            mode: .signedChunks(hasTrailer: false), headers: headers + [("content-length", "66824")],
            signatures: [
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
                "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            ]),
        Example(
            mode: .signedChunks(hasTrailer: true), headers: headers + [("x-amz-trailer", "x-amz-checksum-crc32c")],
            signatures: [
                "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
                "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
                "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
            ], trailer: [("x-amz-checksum-crc32c", "sOO8/Q==")]),
    ]

    @Test("have the signatures that they show, and are accepted", arguments: examples)
    func example(_ example: Example) throws {
        let signer = RequestSigner()
        let request = try signer.signed(
            "PUT", "/examplebucket/chunkObject.txt", example.headers, hash: example.mode.canonicalText)
        let credentials = try #require(try signer.check(request))
        #expect(credentials.signature == example.signatures[0])
        #expect(try PayloadMode.read(request, isPresigned: false) == example.mode)

        let body = ChunkedBody(seed: credentials.signature, trailer: example.trailer)
        let bytes = try body.bytes([65_536, 1_024].map { [UInt8](repeating: UInt8(ascii: "a"), count: $0) })
        let text = String(decoding: bytes, as: UTF8.self)
        for signature in example.signatures.dropFirst() { #expect(text.contains("\(signature)\r\n")) }
        if example.trailer == nil { #expect(bytes.count == 66_824) }
        #expect(try body.decoded(bytes, length: 66_560).count == 66_560)
        #expect(try body.decoded(bytes, length: 66_560) { 4_099 }.count == 66_560)
    }
}
