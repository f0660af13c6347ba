import Foundation
import Testing

/// Project Wycheproof's vectors, where they are at hand: in the folder that STRONGROOM_TEST_VECTORS
/// names, or beside the package.
enum Wycheproof {
    static let folder: URL? = {
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let root =
            ProcessInfo.processInfo.environment["STRONGROOM_TEST_VECTORS"].map { URL(fileURLWithPath: $0) }
            ?? package.appendingPathComponent("../shared/test-vectors")
        let folder = root.appendingPathComponent("wycheproof")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static var isAvailable: Bool { folder != nil }

    struct File<Test: Decodable & Sendable>: Decodable, Sendable {
        struct Group: Decodable, Sendable {
            var ivSize: Int?
            var keySize: Int?
            var tagSize: Int?
            var tests: [Test]
        }

        var numberOfTests: Int
        var testGroups: [Group]
    }

    static func load<Test: Decodable>(_ name: String, of type: Test.Type) throws -> File<Test> {
        let folder = try #require(folder)
        return try JSONDecoder().decode(
            File<Test>.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
    }
}
