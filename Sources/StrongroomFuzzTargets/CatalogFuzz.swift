internal import Strongroom
internal import StrongroomCatalog
internal import StrongroomStorage

/// Any bytes may stand in the catalog as a key or a row: none of them may trap, or be taken for what the encoder would
/// write otherwise.
public func fuzzCatalogRows(_ input: RawSpan) {
    var input = FuzzInput(input)
    let kind = input.byte() % 10
    let bytes = input.rest()
    let isCanonical =
        switch kind {
        case 0: keyIsSane(bytes)
        case 1: FormatProbe.isCanonical(row: bytes)
        case 2: FormatProbe.isCanonical(checkpointState: bytes)
        case 3: RowProbe.isCanonical(object: bytes)
        case 4: RowProbe.isCanonical(bucket: bytes)
        // What is sealed in rows. Kinds keep their numbers, for the inputs that were collected.
        case 5:
            RowProbe.isCanonical(attributes: bytes) && RowProbe.isCanonical(user: bytes)
                && RowProbe.isCanonical(role: bytes) && RowProbe.isCanonical(session: bytes)
        case 6: RowProbe.isCanonical(version: bytes)
        case 7: RowProbe.isCanonical(lockClock: bytes)
        case 8: RowProbe.isCanonical(consumer: bytes)
        default: RowProbe.isCanonical(note: bytes)
        }
    guard isCanonical else { finding("bytes of kind \(kind) are accepted that the encoder would not write") }
}

/// The body of a commit's journal frame, with its attachments: whole, or nothing.
public func fuzzCommitFrames(_ input: RawSpan) {
    guard FormatProbe.isCanonical(commit: FuzzInput.all(of: input)) else {
        finding("a commit is accepted that the encoder would not write")
    }
}

private func keyIsSane(_ bytes: [UInt8]) -> Bool {
    var name: [UInt8] = []
    return TrieKey.decode(bytes.span, appendingTo: &name) == nil || name.count <= bytes.count
}
