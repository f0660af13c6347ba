internal import StrongroomCrypto

/// The public key with which anybody can check a log, and the log's name: a verifier key as signed notes have it.
package struct AuditVerifierKey: Sendable, Equatable {
    /// The log's origin.
    package let name: String
    package let publicKey: [UInt8]
    /// The first bytes of a hash over both; signatures are found by it.
    let identifier: [UInt8]

    /// The assigned byte for Ed25519 (c2sp.org/signed-note).
    private static let signatureType: UInt8 = 1

    package init(name: String, publicKey: [UInt8]) throws(AuditError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "+") }),
            publicKey.count == Ed25519.publicKeySizeBytes
        else { throw AuditError(.malformed, "This is no key of an audit log; give NAME+HASH+KEY, one line.") }
        self.name = name
        self.publicKey = publicKey
        let material = Array(name.utf8) + [0x0A, Self.signatureType] + publicKey
        do throws(SealError) {
            identifier = Array(
                try material.withRaw { (bytes) throws(SealError) in try Digest.hash(.sha256, bytes) }.prefix(4))
        } catch {
            throw AuditError(.unavailable, error.message, underlying: error)
        }
    }

    /// `NAME+HASH+KEY`, as verifiers of signed notes take it.
    package var text: String {
        "\(name)+\(Self.hexadecimal(identifier))+\(PaddedBase64.encode([Self.signatureType] + publicKey))"
    }

    /// Reads `text`; white space around it does not count.
    package init(_ text: String) throws(AuditError) {
        let malformed = AuditError(.malformed, "This is no key of an audit log; give NAME+HASH+KEY, one line.")
        let line = text.split(whereSeparator: \.isWhitespace)
        // The key itself may contain a plus.
        let fields = line.count == 1 ? line[0].split(separator: "+", maxSplits: 2) : []
        guard fields.count == 3, let bytes = PaddedBase64.decode(String(fields[2])), bytes.first == Self.signatureType
        else { throw malformed }
        self = try AuditVerifierKey(name: String(fields[0]), publicKey: Array(bytes.dropFirst()))
        guard Self.hexadecimal(identifier) == fields[1] else { throw malformed }
    }

    func isValid(_ signature: [UInt8], of text: String) throws(AuditError) -> Bool {
        do throws(SealError) {
            return try Ed25519.isValid(signature, of: Array(text.utf8), publicKey: publicKey)
        } catch {
            throw AuditError(.unavailable, error.message, underlying: error)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
