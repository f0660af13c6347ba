import Foundation
import StrongroomSystem
import SystemPackage

@testable import Strongroom

/// A directory that goes with the test, and the options of a small store in it.
final class TemporaryDirectory: Sendable {
    let path: FilePath

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("strongroom-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = FilePath(url.path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    var store: FilePath { path.appending("store") }
    var keyring: FilePath { path.appending("store.keyring") }

    /// All regular files below the directory, in order of their names.
    func files(below directory: FilePath? = nil) throws -> [FilePath] {
        let root = (directory ?? path).string
        let names = try FileManager.default.subpathsOfDirectory(atPath: root).sorted()
        return try names.map { FilePath(root).appending($0) }.filter { path in
            let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
            return attributes[.type] as? FileAttributeType == .typeRegular
        }
    }

    func contents(of file: FilePath) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))
    }

    func removeTree(_ directory: FilePath) throws { try FileManager.default.removeItem(atPath: directory.string) }

    /// Changes a file's bytes where they are, which keeps its mode.
    func overwrite(_ file: FilePath, with bytes: [UInt8]) throws {
        let descriptor = try FileDescriptor.open(file, .writeOnly, options: .truncate)
        defer { try? descriptor.close() }
        _ = try descriptor.writeAll(bytes)
    }

    func write(_ bytes: [UInt8], to file: FilePath) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
    }
}

extension StoreOptions {
    /// Small enough for many stores in one test run.
    static var forTests: StoreOptions {
        var options = StoreOptions()
        options.memtableLimitBytes = 4 << 20
        options.journalSegmentBytes = 1 << 20
        return options
    }
}

/// Runs `body` with a new store, and closes it.
func withStore(
    _ options: StoreOptions = .forTests, _ body: (Store, TemporaryDirectory) async throws -> Void
) async throws {
    let directory = try TemporaryDirectory()
    let store = try await Store.open(at: directory.store, options: options)
    try await body(store, directory)
    try await store.close()
}

/// A body in slices of given sizes.
struct SlicedBody: AsyncSequence {
    typealias Element = ArraySlice<UInt8>
    var bytes: [UInt8]
    var sliceBytes: Int
    /// Thrown after this many slices.
    var failsAfterSlices: Int?

    struct BodyFault: Error {}

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: SlicedBody
        var position = 0
        var slices = 0

        mutating func next() async throws -> ArraySlice<UInt8>? {
            if slices == body.failsAfterSlices { throw BodyFault() }
            guard position < body.bytes.count else { return nil }
            let end = Swift.min(body.bytes.count, position + body.sliceBytes)
            defer {
                position = end
                slices += 1
            }
            return body.bytes[position..<end]
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}
