internal import StrongroomSimulation
internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

/// A blob's file and its name: what is taken for one of ours is what we would have written. A file that a backup's
/// check takes for whole has the very bytes that its payload makes, and every read opens it; a read gives the bytes
/// that stand where the payload does, of the object that was asked for, or an error, whatever length a row names.
public func fuzzBlobPrelude(_ input: RawSpan) {
    var input = FuzzInput(input)
    let kind = input.byte() % 5
    let isCanonical =
        switch kind {
        case 0: BlobProbe.isCanonical(prelude: input.rest(paddedTo: BlobFile.blockSizeBytes - 4))
        case 1: BlobProbe.isCanonical(trailer: input.rest(paddedTo: BlobFile.trailerSizeBytes - 4))
        case 2: BlobProbe.isCanonical(name: String(decoding: input.rest(), as: UTF8.self))
        default: fileIsSound(&input, repairs: kind == 4)
        }
    guard isCanonical else { finding("something of kind \(kind) is accepted that nobody would write") }
}

private func fileIsSound(_ input: inout FuzzInput, repairs: Bool) -> Bool {
    let edits = Int(input.byte() % 4)
    let changesLength = input.byte() % 4 == 3
    var editing = FuzzInput(copying: input.bytes(atMost: 16 * edits + 8))
    do throws(StorageError) {
        var blob = try BlobFile(payload: input.rest())
        if repairs {
            blob.bytes.edit(&editing, blob.payload.count, edits)
        } else {
            for _ in 0..<edits { blob.bytes.edit(&editing) }
        }
        if changesLength { blob.reference.lengthBytes = editing.integer(UInt64.self) }
        return try blob.check()
    } catch {
        finding("no blob could be written: \(error)")
    }
}

extension [UInt8] {
    /// Changes prelude and trailer, so that their checksums hold nevertheless.
    fileprivate mutating func edit(_ input: inout FuzzInput, _ payloadCount: Int, _ edits: Int) {
        let trailer = BlobFile.blockSizeBytes + payloadCount
        for _ in 0..<edits {
            let place = Int(input.byte())
            let offset = place < 128 ? 8 + place : trailer + 8 + place % 40
            self[offset] ^= input.byte()
        }
        if edits > 1 { store(input.integer(UInt64.self), at: trailer + 8) }
        store(checksum(self[..<(BlobFile.blockSizeBytes - 4)]), at: BlobFile.blockSizeBytes - 4)
        store(checksum(self[trailer..<trailer + 48]), at: trailer + 48)
    }
}

/// A blob's file on a simulated disk.
private struct BlobFile {
    static let blockSizeBytes = 4096
    static let trailerSizeBytes = 52
    private static let directory: FilePath = "/blobs"
    private static let prelude = BlobPrelude(
        objectUID: [UInt8](repeating: 1, count: 16), partUID: [UInt8](repeating: 2, count: 16), suite: 1)

    let payload: [UInt8]
    var reference: BlobReference
    var bytes: [UInt8]
    private let written: [UInt8]

    init(payload: [UInt8]) throws(StorageError) {
        self.payload = payload
        reference = BlobReference(epoch: 1, id: [UInt8](repeating: 3, count: 16), lengthBytes: UInt64(payload.count))
        let fileSystem = SimulatedFileSystem(seed: 1)
        let file = try fileSystem.open("/blob", .create)
        try BlobProbe.write(payload, Self.prelude, as: reference, to: file)
        written = fileSystem.contents(of: "/blob")
        bytes = written
    }

    /// False where the file is taken for one that we would have written in other bytes.
    func check() throws(StorageError) -> Bool {
        let fileSystem = SimulatedFileSystem(seed: 1)
        let path = BlobProbe.path(of: reference, in: Self.directory)
        try fileSystem.createDirectory(Self.directory)
        try fileSystem.createDirectory(path.removingLastComponent())
        let file = try fileSystem.open(path, .create)
        try file.write(bytes, at: 0)
        let found = try? BlobProbe.read(reference, in: Self.directory, fileSystem)
        if let found {
            guard Int(reference.lengthBytes) == found.payload.count,
                bytes[Self.blockSizeBytes...].starts(with: found.payload)
            else { finding("a read gives other bytes than the file has") }
        }
        guard let lengthBytes = try? BlobProbe.check(file, as: reference) else {
            guard bytes != written else { finding("a blob is refused as it was written") }
            return true
        }
        var told = reference
        told.lengthBytes = lengthBytes
        guard let whole = try? BlobProbe.read(told, in: Self.directory, fileSystem) else {
            finding("a backup takes what no read opens")
        }
        let again = try fileSystem.open("/again", .create)
        try BlobProbe.write(whole.payload, whole.prelude, as: reference, to: again)
        return fileSystem.contents(of: "/again") == bytes
    }
}
