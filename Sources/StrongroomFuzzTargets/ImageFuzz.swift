internal import StrongroomCrypto
internal import StrongroomSimulation
internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

/// Whoever may write the disk writes the catalog's images: of one that was edited no row comes out that was not in it,
/// and none is left out unnoticed. An image whose checksums somebody made anew gives rows in order, as many as it
/// says, and the very bytes come back that an image of those rows has.
public func fuzzCatalogImage(_ input: RawSpan) {
    var input = FuzzInput(input)
    let kind = input.byte() % 4
    do throws(StorageError) {
        switch kind {
        case 0:
            guard ImageProbe.isCanonical(name: String(decoding: input.rest(), as: UTF8.self)) else {
                finding("a name is taken for an image's that would be written otherwise")
            }
        case 1: try checkEdited(&input)
        default: try checkForged(&input)
        }
    } catch {
        finding("no image could be written: \(error)")
    }
}

private let storeID = [UInt8](repeating: 7, count: 16)
private let headerSizeBytes = 4096

private func isSame(_ rows: [ImageProbe.Row], _ others: [ImageProbe.Row]) -> Bool {
    rows.elementsEqual(others) { $0.key == $1.key && $0.value == $1.value }
}

private func file(_ bytes: [UInt8]) throws(StorageError) -> any StorageFile {
    let file = try SimulatedFileSystem(seed: 1).open("/image", .create)
    try file.write(bytes, at: 0)
    return file
}

// MARK: Edits without a checksum made anew

private func checkEdited(_ input: inout FuzzInput) throws(StorageError) {
    let edits = Int(input.byte() % 4)
    var editing = FuzzInput(copying: input.bytes(atMost: 16 * edits))
    let rows = rows(&input)
    let fileSystem = SimulatedFileSystem(seed: 1)
    let written = try ImageProbe.write(
        rows, storeID: storeID, appliedLSN: 5, to: try fileSystem.open("/image", .create))
    let original = fileSystem.contents(of: "/image")
    var bytes = original
    for _ in 0..<edits { bytes.edit(&editing) }
    let reading = ImageProbe.read(try file(bytes), storeID: storeID)
    guard isSame(reading.rows, Array(rows.prefix(reading.rows.count))) else {
        finding("a row comes out of an image that was not in it")
    }
    guard reading.summary == (bytes == original ? written : nil) else {
        finding("an image is \(bytes == original ? "refused" : "taken") that is \(bytes == original ? "whole" : "not")")
    }
}

/// Few or none, ascending.
private func rows(_ input: inout FuzzInput) -> [ImageProbe.Row] {
    var rows: [[UInt8]: [UInt8]] = [:]
    // One value that fills a block, so that another block follows.
    let large = input.byte() == 0xFF ? 1 : 0
    for number in 0..<input.byte() % 6 {
        let key = [number] + input.bytes(atMost: Int(input.byte() % 4))
        let value = input.bytes(atMost: Int(input.byte() % 16))
        rows[key] = number == large ? value + [UInt8](repeating: 9, count: 256 << 10) : value
    }
    return rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
}

// MARK: Images whose checksums hold, whatever they cover

private func checkForged(_ input: inout FuzzInput) throws(StorageError) {
    let lies = input.byte()
    let fileSystem = SimulatedFileSystem(seed: 1)
    let summary = try ImageProbe.write(
        [], storeID: storeID, appliedLSN: 5, to: try fileSystem.open("/image", .create))
    var bytes = fileSystem.contents(of: "/image", count: headerSizeBytes)
    if lies & 1 == 1 { bytes[8 + input.index(below: headerSizeBytes - 12)] ^= input.byte() }
    bytes.store(checksum(bytes[..<(headerSizeBytes - 4)]), at: headerSizeBytes - 4)
    var identified = bytes
    var rowCount: UInt64 = 0
    let blockCount = UInt64(input.byte() % 4)
    for _ in 0..<blockCount {
        let rows = UInt32(input.byte())
        let content = input.bytes(atMost: Int(input.integer(UInt16.self) % 2048))
        var head: [UInt8] = []
        head.append(littleEndian: lies & 2 == 2 ? input.integer(UInt32.self) : UInt32(content.count))
        head.append(littleEndian: rows)
        head += sha256(content)
        identified += head
        bytes += head + content
        rowCount += UInt64(rows)
    }
    var trailer = [UInt8](repeating: 0, count: 8)
    trailer.append(littleEndian: lies & 4 == 4 ? input.integer(UInt64.self) : rowCount)
    trailer.append(littleEndian: blockCount)
    trailer += sha256(identified)
    trailer.append(littleEndian: checksum(trailer[...]))
    bytes += trailer + input.rest()
    precondition(summary.sizeBytes == UInt64(headerSizeBytes + trailer.count), "the image's format is another")
    try checkForged(bytes, claiming: rowCount)
}

private func checkForged(_ bytes: [UInt8], claiming rowCount: UInt64) throws(StorageError) {
    let reading = ImageProbe.read(try file(bytes), storeID: storeID)
    guard zip(reading.rows, reading.rows.dropFirst()).allSatisfy({ $0.key.lexicographicallyPrecedes($1.key) }),
        reading.rows.allSatisfy({ !$0.key.isEmpty })
    else { finding("rows come out of an image that no index has") }
    guard let summary = reading.summary else { return }
    guard summary.rowCount == rowCount, summary.rowCount == UInt64(reading.rows.count),
        summary.sizeBytes == UInt64(bytes.count)
    else { finding("an image says otherwise of itself than it is") }
    // Where a writer would have begun another block, a reader does not care.
    guard reading.blockCount <= 1 else { return }
    let fileSystem = SimulatedFileSystem(seed: 1)
    let again = try ImageProbe.write(
        reading.rows, storeID: storeID, appliedLSN: summary.appliedLSN, to: try fileSystem.open("/again", .create))
    guard again == summary, fileSystem.contents(of: "/again") == bytes else {
        finding("an image is accepted that nobody would write")
    }
}

private func sha256(_ bytes: [UInt8]) -> [UInt8] {
    do throws(SealError) {
        var digest = try Digest(.sha256)
        // Safe: a UInt8 is raw bytes.
        unsafe digest.update(bytes.span.bytes)
        return digest.finish()
    } catch {
        finding("no SHA-256: \(error)")
    }
}
