/// A blob file's identity, whatever its length.
struct BlobName: Hashable, Sendable {
    var epoch: UInt64
    var id: [UInt8]

    init(epoch: UInt64, id: [UInt8]) {
        self.epoch = epoch
        self.id = id
    }

    init(_ reference: BlobReference) { self.init(epoch: reference.epoch, id: reference.id) }
}
