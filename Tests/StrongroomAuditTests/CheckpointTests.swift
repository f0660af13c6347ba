import StrongroomCrypto
import Testing

@testable import StrongroomAudit

@Suite("Checkpoints") struct CheckpointTests {
    private static let origin = "strongroom.audit/test/1"

    private func signer(_ byte: UInt8 = 7, origin: String = Self.origin) throws -> AuditSigner {
        try AuditSigner(seed: try LogFixture.seed(byte), origin: origin)
    }

    private func signed(_ signer: AuditSigner) throws -> SignedCheckpoint {
        try SignedCheckpoint(
            signing: Checkpoint(origin: signer.key.name, size: 42, root: .leaf([1])), by: signer)
    }

    @Test("what is signed is read again, by the public key's text alone")
    func roundTrip() throws {
        let signer = try signer()
        let checkpoint = try signed(signer)
        let key = try AuditVerifierKey(signer.key.text + "\n")
        #expect(key == signer.key)
        #expect(try SignedCheckpoint(checkpoint.note, verifiedBy: key) == checkpoint)
        #expect(checkpoint.note.hasPrefix("\(Self.origin)\n42\n"))
    }

    /// Made with another implementation of signed notes (Go's sumdb/note, as its documentation shows it).
    @Test("a key and a note of another implementation are understood")
    func foreignNote() throws {
        let key = try AuditVerifierKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        let text = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            """
        let line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        let signature = try #require(PaddedBase64.decode(line))
        #expect(signature.prefix(4).elementsEqual(key.identifier))
        #expect(try key.isValid(Array(signature.dropFirst(4)), of: text))
        #expect(try !key.isValid(Array(signature.dropFirst(4)), of: text + "\n"))
    }

    @Test("no byte of a note can change")
    func flips() throws {
        let signer = try signer()
        let checkpoint = try signed(signer)
        let bytes = Array(checkpoint.note.utf8)
        for place in bytes.indices {
            for bit in 0..<8 as Range<UInt8> {
                var changed = bytes
                changed[place] ^= 1 << bit
                guard let note = String(validating: changed, as: UTF8.self) else { continue }
                #expect(throws: AuditError.self, "byte \(place), bit \(bit)") {
                    try SignedCheckpoint(note, verifiedBy: signer.key)
                }
            }
        }
    }

    @Test("signatures of others count for nothing, and do no harm")
    func otherSignatures() throws {
        let (signer, other) = (try signer(), try signer(8))
        let checkpoint = try signed(signer)
        let line = try signed(other).note.split(separator: "\n").last.map(String.init) ?? ""
        #expect(try SignedCheckpoint(checkpoint.note + line + "\n", verifiedBy: signer.key).checkpoint.size == 42)
        #expect(throws: AuditError.self) { try SignedCheckpoint(checkpoint.note, verifiedBy: other.key) }
        let elsewhere = try self.signer(origin: "elsewhere")
        #expect(throws: AuditError.self) { try SignedCheckpoint(signed(elsewhere).note, verifiedBy: signer.key) }
    }

    @Test(
        "what is no key is refused",
        arguments: [
            "", "a", "a+b+c", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+c74f20a3+AhpcMQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ])
    func badKeys(text: String) { #expect(throws: AuditError.self) { try AuditVerifierKey(text) } }

    @Test(
        "a checkpoint has one text",
        arguments: ["a\n07\nROOT\n", "a\n7\nROOT", "a\n7\nROOT\nmore\n", "\n7\nROOT\n", "a\n-7\nROOT\n", "a\n7\n\n"])
    func badTexts(text: String) {
        let root = PaddedBase64.encode(MerkleHash.empty.bytes)
        #expect(Checkpoint(text: text.replacing("ROOT", with: root)) == nil)
        #expect(Checkpoint(text: "a\n7\n\(root)\n")?.size == 7)
    }
}
