internal import StrongroomCrypto

/// A checkpoint as a signed note (c2sp.org/signed-note): text, an empty line, lines of signatures.
package struct SignedCheckpoint: Sendable, Equatable {
    /// Larger ones are not read.
    static let sizeBytesMax = 16_384

    package let checkpoint: Checkpoint
    /// The note, as it is written and sent.
    package let note: String

    /// The checkpoint in a note that `key` has signed. Signatures of others are ignored, as the note's specification
    /// wants it; fails with `damaged` where the key's own does not hold, with `malformed` where there is none.
    package init(_ note: String, verifiedBy key: AuditVerifierKey) throws(AuditError) {
        guard note.utf8.count <= Self.sizeBytesMax, let (text, lines) = Self.parts(of: note),
            let checkpoint = Checkpoint(text: text), checkpoint.origin == key.name
        else { throw AuditError(.malformed, "This is no checkpoint of the log \(key.name).") }
        var isSigned = false
        for line in lines {
            guard let signature = try Self.signature(in: line, of: key) else { continue }
            guard try key.isValid(signature, of: text) else {
                throw AuditError(
                    .damaged,
                    "The signature of the checkpoint at \(checkpoint.size) records does not hold; it was forged.")
            }
            isSigned = true
        }
        guard isSigned else {
            throw AuditError(.malformed, "The checkpoint bears no signature of the key \(key.name).")
        }
        self.checkpoint = checkpoint
        self.note = note
    }

    /// Signs a checkpoint.
    package init(signing checkpoint: Checkpoint, by signer: AuditSigner) throws(AuditError) {
        let signature = try signer.sign(checkpoint.text)
        let encoded = PaddedBase64.encode(signer.key.identifier + signature)
        self.checkpoint = checkpoint
        note = checkpoint.text + "\n\(Self.dash)\(signer.key.name) \(encoded)\n"
    }

    private static let dash = "\u{2014} "

    private static func parts(of note: String) -> (text: String, signatures: [Substring])? {
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        guard let blank = lines.dropLast().lastIndex(where: \.isEmpty), lines.last?.isEmpty == true else { return nil }
        let signatures = lines[(blank + 1)...].dropLast()
        guard !signatures.isEmpty, signatures.allSatisfy({ $0.hasPrefix(dash) }) else { return nil }
        return (lines[..<blank].joined(separator: "\n") + "\n", Array(signatures))
    }

    /// The signature in a line; nil where another key made it.
    private static func signature(in line: Substring, of key: AuditVerifierKey) throws(AuditError) -> [UInt8]? {
        let fields = line.dropFirst(dash.count).split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count == 2, let bytes = PaddedBase64.decode(String(fields[1])), bytes.count > 4 else {
            throw AuditError(.malformed, "A line of the checkpoint is no signature.")
        }
        guard fields[0] == key.name, bytes.prefix(4).elementsEqual(key.identifier) else { return nil }
        return Array(bytes.dropFirst(4))
    }
}
