internal import StrongroomCrypto
internal import StrongroomSystem

/// The tree hash of a payload, with the errors of this floor.
struct PayloadHash: ~Copyable {
    private var treeHash: TreeHash

    init() throws(StorageError) {
        do throws(SealError) {
            treeHash = try TreeHash()
        } catch {
            throw StorageError(
                StorageError.Code("cryptoFailure"),
                "the system's libcrypto does not offer SHA-256, so no payload can be written; check its configuration")
        }
    }

    mutating func update(_ bytes: [UInt8], _ range: Range<Int>) {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        unsafe treeHash.update(bytes.span.extracting(range).bytes)
    }

    mutating func update(_ bytes: RawSpan) { treeHash.update(bytes) }

    mutating func finish() -> [UInt8] { treeHash.finish() }
}
