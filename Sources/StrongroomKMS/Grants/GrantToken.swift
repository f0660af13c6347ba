internal import StrongroomCrypto
internal import StrongroomKeys

/// Stands for a grant in requests: the grant's id, and 16 random bytes that only its maker is told.
///
/// It gives nobody more than the grant does; with it the grant is found without naming its key.
struct GrantToken: Sendable, CustomStringConvertible {
    static let proofSizeBytes = 16

    let grantID: GrantID
    let proof: [UInt8]

    init(grantID: GrantID, proof: [UInt8]) {
        assert(proof.count == Self.proofSizeBytes)
        (self.grantID, self.proof) = (grantID, proof)
    }

    /// Nil for what is no token.
    init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == GrantID.sizeBytes + Self.proofSizeBytes else {
            return nil
        }
        self.init(
            grantID: GrantID(bytes: Array(bytes[..<GrantID.sizeBytes])), proof: Array(bytes[GrantID.sizeBytes...]))
    }

    var description: String { Hexadecimal.encode(grantID.bytes + proof) }

    func isFor(_ grant: GrantRecord) -> Bool {
        let (mine, theirs) = (proof, grant.tokenProof)
        // Safe: bytes have no padding to be read.
        return grant.id == grantID && ConstantTime.areEqual(unsafe mine.span.bytes, unsafe theirs.span.bytes)
    }
}
