import Foundation
import StrongroomKMSKeys
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

/// A store as a program of its format has left it, with its keyring, as files of the repository. Its keys open nothing
/// else.
///
/// Files end where the last byte stands that is not zero: prepared segments are large, and git keeps no holes.
struct FormatFixture: Codable {
    struct File: Codable {
        var path: String
        var sizeBytes: Int
    }

    /// What its users saw.
    struct Version: Codable, Hashable {
        var bucket: String
        var key: String
        var versionID: String
        var isLatest: Bool
        var isDeleteMarker = false
        /// The body is made of these.
        var seed = 0
        var sizeBytes = 0
        var etag = ""
        var contentType = ""
        var encryption = ""
        var tags: [String: String] = [:]
        var legalHold = false
        var isRetained = false
    }

    var directories: [String]
    var files: [File]
    var versions: [Version]

    static let kinds = ["closed", "killed"]
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    static func folder(format: Int, _ kind: String) -> URL {
        root.appendingPathComponent("format-\(format)-\(kind)")
    }

    static var options: StoreOptions {
        var options = StoreOptions.forTests
        options.smallObjectLimitBytes = 8 << 10
        options.partMinimumBytes = 1_000
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        return options
    }

    static func body(_ sizeBytes: Int, seed: Int) -> [UInt8] {
        (0..<sizeBytes).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ seed &* 7) ^ ($0 >> 8)) }
    }

    // MARK: Taking and unpacking

    /// Makes a fixture of a store and its keyring, which lie in `source`.
    static func take(_ source: FilePath, _ versions: [Version], to folder: URL) throws {
        var fixture = FormatFixture(directories: [], files: [], versions: versions)
        let manager = FileManager.default
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
        for path in try manager.subpathsOfDirectory(atPath: source.string).sorted() {
            let place = URL(fileURLWithPath: source.appending(path).string)
            let target = folder.appendingPathComponent("files/" + path)
            if try place.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
                fixture.directories.append(path)
                try manager.createDirectory(at: target, withIntermediateDirectories: true)
                continue
            }
            let bytes = try Data(contentsOf: place)
            fixture.files.append(File(path: path, sizeBytes: bytes.count))
            try bytes.prefix((bytes.lastIndex { $0 != 0 } ?? -1) + 1).write(to: target)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(fixture).write(to: folder.appendingPathComponent("fixture.json"))
    }

    /// Puts the store back as it was, only for its user to read.
    static func unpack(_ folder: URL, into target: FilePath) throws -> FormatFixture {
        let fixture = try JSONDecoder().decode(
            FormatFixture.self, from: try Data(contentsOf: folder.appendingPathComponent("fixture.json")))
        let manager = FileManager.default
        for path in fixture.directories {
            try manager.createDirectory(
                atPath: target.appending(path).string, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
        for file in fixture.files {
            var bytes = try Data(contentsOf: folder.appendingPathComponent("files/" + file.path))
            bytes.append(Data(count: file.sizeBytes - bytes.count))
            let path = target.appending(file.path).string
            #expect(manager.createFile(atPath: path, contents: bytes, attributes: [.posixPermissions: 0o600]))
        }
        return fixture
    }
}

extension FormatFixture.Version {
    /// All versions of a store; bodies are compared with those that `seeds` has for their keys and sizes.
    static func all(of store: Store, customerKey: CustomerKey, seeds: ClosedRange<Int>) async throws -> [Self] {
        var versions: [Self] = []
        for info in try await store.listBuckets() {
            let bucket = store.bucket(info.name)
            for entry in try await bucket.listVersions().entries {
                let version = Self(
                    bucket: info.name.rawValue, key: entry.key.rawValue, versionID: entry.versionID.description,
                    isLatest: entry.isLatest, isDeleteMarker: entry.isDeleteMarker)
                guard case .object(let object, _) = entry else {
                    versions.append(version)
                    continue
                }
                let isCustomers = if case .customerKey = object.encryption { true } else { false }
                let handle = isCustomers ? bucket.presenting(customerKey) : bucket
                versions.append(try await version.completed(with: object, handle, seeds: seeds))
            }
        }
        return versions
    }

    private func completed(with object: ObjectInfo, _ bucket: Bucket, seeds: ClosedRange<Int>) async throws -> Self {
        var version = self
        let found = try await bucket.get(object.key, version: object.versionID)
        let body = try await found.collect(upTo: 1 << 20)
        version.sizeBytes = body.count
        version.seed = try #require(
            seeds.first { FormatFixture.body(body.count, seed: $0) == body }, "\(object.key) is not what was put")
        version.etag = found.info.etag
        version.contentType = object.contentType ?? ""
        version.encryption = "\(object.encryption)".prefix { $0 != "(" }.description
        version.tags = try await bucket.tags(of: object.key, version: object.versionID).tags.values
        version.legalHold = object.legalHold
        version.isRetained = object.retention != nil
        return version
    }
}
