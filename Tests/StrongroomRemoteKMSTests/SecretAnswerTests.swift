#if RemoteKMS
import NIOCore
import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomRemoteKMSKeys

/// How a key comes out of an answer without becoming text.
@Suite("Remote KMS: secrets in answers")
struct SecretAnswerTests {
    private func decode(_ text: String) -> [UInt8]? {
        let bytes = Array("\"\(text)\"".utf8)
        guard let secret = try? SecretBase64.decode(unsafe bytes.span.bytes) else { return nil }
        return try? secret.withBytes { $0.bytes(in: 0..<$0.byteCount) }
    }

    @Test func base64IsThatOfEverybodyElse() {
        for count in 1...100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            let text = PaddedBase64.encode(bytes)
            #expect(decode(text) == bytes)
            let escaped = text.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/")
            #expect(decode(escaped) == bytes)
        }
    }

    /// Every change of a text decodes to what the other decoder says, or to nothing in both.
    @Test func whatIsNoBase64IsRefused() {
        let wrong = [
            "", "A", "AA", "AAA", "A===", "====", "AA=A", "AB==", "AAB=", "AAAA====", "AAA\n", "AAA ", "AAA-", "AAA_",
        ]
        for text in wrong {
            #expect(decode(text) == nil, "\(text)")
        }
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 1...20)).map { _ in UInt8.random(in: 0...255) }
            var text = Array(PaddedBase64.encode(bytes).utf8)
            text[Int.random(in: text.indices)] = UInt8.random(in: 0x20...0x7E)
            let changed = String(decoding: text, as: UTF8.self)
            guard !changed.contains("\\"), !changed.contains("\"") else { continue }
            #expect(decode(changed) == PaddedBase64.decode(changed), "\(changed)")
        }
    }

    private func parse(_ bytes: [UInt8]) -> (members: [String: JSONValue], key: [UInt8]?)? {
        guard let answer = try? SecretAnswer(unsafe bytes.span.bytes, secretName: "Plaintext") else { return nil }
        let members = answer.members
        let key = answer.takeSecret()
        switch consume key {
        case nil: return (members, nil)
        case let secret?: return (members, try? secret.withBytes { $0.bytes(in: 0..<$0.byteCount) })
        }
    }

    /// Against the parser that knows no secrets: what one accepts the other does, with the same members.
    @Test func anAnswerIsReadAsAnyOther() {
        let texts = [
            #"{}"#, #" { "a" : 1 , "Plaintext" : "AAAA" , "b":{"Plaintext":"BBBB"} } "#,
            #"{"Plaintext":"A\/\/A","x":[1,[2,{"y":"}\"]"}],null],"z":-1.5e3}"#, #"{"a":true,"b":false,"c":null}"#,
            #"{"CiphertextBlob":"AQID","KeyId":"arn:aws:kms:::key/\u00e9","Plaintext":"AAEC","KeyMaterialId":"m"}"#,
        ]
        let alphabet = Array(#"{}[]:,"\ aP1tn.u0"#.utf8)
        for round in 0..<6000 {
            var bytes = Array(texts[round % texts.count].utf8)
            for _ in 0..<(round < texts.count ? 0 : Int.random(in: 1...3)) where !bytes.isEmpty {
                let at = Int.random(in: bytes.indices)
                switch Int.random(in: 0..<3) {
                case 0: bytes[at] = alphabet.randomElement() ?? 0
                case 1: bytes.remove(at: at)
                default: bytes.insert(alphabet.randomElement() ?? 0, at: at)
                }
            }
            let expected = try? JSONValue.object(parsing: bytes)
            let found = parse(bytes)
            var others = expected
            let plaintext = others?.removeValue(forKey: "Plaintext")
            if let found {
                #expect(found.members == others, "\(String(decoding: bytes, as: UTF8.self))")
                if case .string(let text)? = plaintext { #expect(found.key == PaddedBase64.decode(text)) }
            } else if expected != nil {
                // Only for the secret's sake: it is no base64.
                guard case .string(let text)? = plaintext else {
                    #expect(plaintext != nil, "\(String(decoding: bytes, as: UTF8.self))")
                    continue
                }
                #expect(PaddedBase64.decode(text) == nil || text.isEmpty || bytes.contains(UInt8(ascii: "\\")))
            }
        }
    }

    /// The memory that a key was received into holds it no longer.
    @Test func whatHeldAKeyIsOverwritten() throws {
        let received = ByteBuffer(bytes: (0..<64).map { UInt8($0 + 1) })
        var buffer = AnswerBuffer(isSecret: true, sizeBytesMax: 30)
        try buffer.append(try #require(received.getSlice(at: 0, length: 20)))
        try buffer.append(try #require(received.getSlice(at: 30, length: 10)))
        guard case .secret(let secret) = try buffer.take() else {
            Issue.record("a secret is kept as one")
            return
        }
        #expect(try isSame(secret.bytes, (0..<20).map { UInt8($0 + 1) } + (30..<40).map { UInt8($0 + 1) }))
        let left = Array(received.readableBytesView)
        for (index, byte) in left.enumerated() {
            let wasPassedOn = (0..<20).contains(index) || (30..<40).contains(index)
            #expect(byte == (wasPassedOn ? 0 : UInt8(index + 1)))
        }
        #expect(buffer.sizeBytes == 0)
    }

    @Test func whatIsGivenUpIsOverwrittenToo() throws {
        let received = ByteBuffer(bytes: [UInt8](repeating: 9, count: 16))
        var buffer = AnswerBuffer(isSecret: true, sizeBytesMax: 16)
        try buffer.append(received)
        let more = ByteBuffer(bytes: [9])
        #expect(throws: TransportError.self) { try buffer.append(more) }
        #expect(Array(more.readableBytesView) == [0], "what is refused, too")
        buffer.discard()
        #expect(Array(received.readableBytesView) == [UInt8](repeating: 0, count: 16))
    }

    /// However little each piece has, it keeps alive all of the buffer that it is a view into.
    @Test func theMemoryOfAnAnswerIsBounded() throws {
        var secret = AnswerBuffer(isSecret: true, sizeBytesMax: 1 << 20)
        for _ in 0..<AnswerBuffer.pieceCountMax { try secret.append(ByteBuffer(bytes: [1])) }
        #expect(throws: TransportError.self) { try secret.append(ByteBuffer(bytes: [1])) }
        secret.discard()

        var plain = AnswerBuffer(isSecret: false, sizeBytesMax: 4)
        var received = ByteBuffer(bytes: [1, 2, 3])
        try plain.append(received)
        #expect(received.modifyIfUniquelyOwned { _ in true } == true, "nobody else has the buffer")
        #expect(throws: TransportError.self) { try plain.append(received) }
        guard case .plain(let bytes) = try plain.take() else {
            Issue.record("what is no secret is kept as bytes")
            return
        }
        #expect(bytes == [1, 2, 3])
    }
}
#endif
