internal import StrongroomCrypto

extension InclusionProof {
    /// The proof with the checkpoint that it belongs to, as c2sp.org/tlog-proof has it. `record` stands in it as extra
    /// data, so that the text proves by itself what it says.
    package func text(record: [UInt8], _ checkpoint: SignedCheckpoint) -> String {
        var lines = [Self.firstLine, "extra \(PaddedBase64.encode(record))", "index \(index)"]
        lines += hashes.map { PaddedBase64.encode($0.bytes) }
        return lines.joined(separator: "\n") + "\n\n" + checkpoint.note
    }

    private static let firstLine = "c2sp.org/tlog-proof@v1"
}

extension ConsistencyProof {
    /// The proof with the newer checkpoint, in the form in which witnesses take it (c2sp.org/tlog-witness): the old
    /// size, the hashes, an empty line, the checkpoint.
    package func text(_ checkpoint: SignedCheckpoint) -> String {
        (["old \(oldSize)"] + hashes.map { PaddedBase64.encode($0.bytes) }).joined(separator: "\n") + "\n\n"
            + checkpoint.note
    }
}
