internal import StrongroomCatalog

/// Any bytes may stand in the catalog as a key or a row: none of them may trap, or mean what the encoder
/// never writes.
public func fuzzCatalogRows(_ input: RawSpan) {
    let bytes = FuzzInput.all(of: input)
    var name: [UInt8] = []
    if TrieKey.decode(bytes.span, appendingTo: &name) != nil {
        guard name.count <= bytes.count else { finding("a key of \(bytes.count) bytes named \(name.count)") }
    }
}
