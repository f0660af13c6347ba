#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct HeadCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Show everything about an object, its encryption included, but its bytes.")

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @OptionGroup var version: VersionOption
    @OptionGroup var customerKey: CustomerKeyOption
    @OptionGroup var location: StoreLocation

    func validate() throws { try location.checkStandardInput(["--sse-c-key-file": customerKey.sseCKeyFile]) }

    func run(on store: Store, _ console: Console) async throws {
        let bucket = try await customerKey.presented(to: store.bucket(BucketName(object.bucket)))
        let info = try await bucket.head(ObjectKey(object.key), version: version.version())
        let record = HeadRecord(info)
        console.emit(record, text: Self.lines(record).joined(separator: "\n"))
    }

    private static func lines(_ record: HeadRecord) -> [String] {
        var lines = [
            "key            \(quoted(record.key))",
            "version        \(record.versionId)",
            "size           \(record.size) bytes",
            "last modified  \(record.lastModified.formatted(.iso8601))",
            "ETag           \(record.etag)",
            "storage class  \(record.storageClass)",
        ]
        let content = [
            ("content type   ", record.contentType), ("cache control  ", record.cacheControl),
            ("disposition    ", record.contentDisposition), ("content coding ", record.contentEncoding),
            ("language       ", record.contentLanguage), ("expires        ", record.expires),
        ]
        for case (let title, let value?) in content { lines.append(title + quoted(value)) }
        let checksums = [
            ("CRC-32         ", record.checksumCRC32), ("CRC-32C        ", record.checksumCRC32C),
            ("CRC-64/NVME    ", record.checksumCRC64NVME), ("SHA-1          ", record.checksumSHA1),
            ("SHA-256        ", record.checksumSHA256),
        ]
        for case (let title, let value?) in checksums { lines.append(title + value) }
        for (name, value) in record.metadata.sorted(by: { $0.key < $1.key }) {
            lines.append("metadata       \(quoted(name)) = \(quoted(value))")
        }
        if record.tagCount > 0 { lines.append("tags           \(record.tagCount)") }
        if let count = record.partsCount { lines.append("parts          \(count)") }
        if let mode = record.objectLockMode, let until = record.objectLockRetainUntilDate {
            lines.append("retention      \(mode) until \(until)")
        }
        if record.objectLockLegalHoldStatus != nil { lines.append("legal hold     on") }
        lines.append("encryption     \(record.serverSideEncryption ?? "SSE-C")")
        if let cipher = record.cipher { lines.append("cipher         \(cipher)") }
        if let id = record.keyId {
            let version = record.keyVersion.map { ", version \($0)" } ?? ", through a Bucket Key"
            lines.append("sealed under   \(id)\(version)")
        }
        for (name, value) in (record.encryptionContext ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("key context    \(quoted(name)) = \(quoted(value))")
        }
        if let fingerprint = record.customerKeyFingerprint {
            lines.append("sealed under   a customer key, with the fingerprint \(fingerprint)")
        }
        return lines
    }
}
#endif
