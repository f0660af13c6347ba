import StrongroomCrypto
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomAudit

/// A log on a simulated disk, of records that a test knows by heart.
struct LogFixture {
    static let files = AuditFiles(folder: "/log", anchorFolder: "/keyring")
    static let prefix = "strongroom.audit/test"

    /// Small segments and reserves, so that few records meet every boundary.
    static let small = {
        var configuration = AuditLogConfiguration()
        configuration.segmentSizeBytesMax = 6000
        configuration.reservedBytes = 512
        configuration.recordsPerCheckpointMax = 8
        configuration.lockWaitMilliseconds = 0
        return configuration
    }()

    var disk: SimulatedFileSystem
    var configuration = Self.small

    init(seed: UInt64 = 1, configuration: AuditLogConfiguration = Self.small) throws {
        disk = SimulatedFileSystem(seed: seed)
        self.configuration = configuration
        try disk.createDirectory(Self.files.anchorFolder)
        try disk.synchronizeDirectory("/")
    }

    static func seed(_ byte: UInt8 = 7) throws -> SharedSecret {
        SharedSecret(
            try SecretBytes(count: Ed25519.seedSizeBytes) { span in
                for index in 0..<span.byteCount { span.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
            })
    }

    static func record(_ index: UInt64) -> [UInt8] {
        Array("{\"eventID\":\"\(index)\",\"eventName\":\"Decrypt\"}".utf8)
    }

    func open(seed: UInt8 = 7) throws -> AuditLogWriter {
        try AuditLogOpening(
            Self.files, originPrefix: Self.prefix, configuration: configuration, fileSystem: disk,
            random: SeededRandom(seed: 3, for: disk)
        ).open(seed: try Self.seed(seed))
    }

    /// Appends records `from..<to` of the well-known ones, `groupCount` at a time, a checkpoint after each four.
    static func fill(_ log: inout AuditLogWriter, to count: UInt64, groupCount: UInt64 = 2) throws {
        while log.size < count {
            let end = min(count, log.size + groupCount)
            _ = try log.append((log.size..<end).map { record($0) })
            if log.size.isMultiple(of: 4) { _ = try log.checkpoint() }
        }
    }

    /// A closed log of so many records.
    static func closed(_ count: UInt64, configuration: AuditLogConfiguration = Self.small) throws -> LogFixture {
        let fixture = try LogFixture(configuration: configuration)
        var log = try fixture.open()
        try fill(&log, to: count)
        try log.close()
        return fixture
    }

    var reader: AuditLogReader { AuditLogReader(Self.files, fileSystem: disk) }

    func anchor() throws -> SignedCheckpoint? {
        try reader.anchorNote().map { try SignedCheckpoint($0, verifiedBy: try reader.key()) }
    }

    func verify(kept: SignedCheckpoint? = nil) throws -> AuditReport {
        try AuditVerifier.verify(reader, key: try reader.key(), anchor: try anchor(), kept: kept)
    }

    func records() throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        try reader.records { (_, record) throws(AuditError) in
            found.append(record)
            return true
        }
        return found
    }

    /// Takes another file's place, durably.
    func replace(_ path: FilePath, with bytes: [UInt8]) throws {
        if try disk.status(path) != nil { try disk.remove(path) }
        let file = try disk.open(path, .create)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        try disk.synchronizeDirectory(path.removingLastComponent())
    }

    static func segment(_ first: UInt64 = 0) -> FilePath { files.segment(first) }
}

/// Whoever has the file, knows the format, and has no key: takes a segment apart and puts it together again, with
/// all checksums and numbers as they must be.
struct SegmentForgery {
    let header: AuditSegmentHeader
    var frames: [(kind: AuditFrameKind, body: [UInt8])] = []

    init(_ bytes: [UInt8]) throws {
        header = try AuditSegmentHeader(bytes)
        var scanner = SegmentScanner(bytes, salt: header.salt)
        while case .frame(let frame) = scanner.next() { frames.append((frame.kind, frame.body)) }
    }

    /// Where the records stand among the frames.
    var recordPlaces: [Int] { frames.indices.filter { frames[$0].kind == .record } }

    func encoded() -> [UInt8] {
        var bytes = header.encoded()
        var index = header.firstIndex
        for frame in frames {
            let end = bytes.count
            AuditFrameHeader.append(
                frame.kind, index: index, durableEnd: end, salt: header.salt, body: frame.body, to: &bytes)
            if frame.kind == .record { index += 1 }
        }
        return bytes
    }
}

func auditError(_ body: () throws -> Void) -> AuditError? {
    do {
        try body()
        return nil
    } catch {
        return error as? AuditError
    }
}
