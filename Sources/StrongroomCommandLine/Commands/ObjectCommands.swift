#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct HeadCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Show everything about an object, its encryption included, but its bytes.")

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"))
    var object: ObjectAddress
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let info = try await store.bucket(BucketName(object.bucket)).head(ObjectKey(object.key))
        let record = HeadRecord(info)
        var lines = [
            "key            \(quoted(record.key))",
            "size           \(record.size) bytes",
            "last modified  \(record.lastModified.formatted(.iso8601))",
            "ETag           \(record.etag)",
        ]
        if let type = record.contentType { lines.append("content type   \(quoted(type))") }
        for (name, value) in record.metadata.sorted(by: { $0.key < $1.key }) {
            lines.append("metadata       \(quoted(name)) = \(quoted(value))")
        }
        lines.append("encryption     \(record.serverSideEncryption)")
        if let cipher = record.cipher { lines.append("cipher         \(cipher)") }
        if let id = record.keyId, let version = record.keyVersion {
            lines.append("sealed under   \(id), version \(version)")
        }
        console.emit(record, text: lines.joined(separator: "\n"))
    }
}

struct ListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List objects in byte order of their keys.")

    @Argument var bucket: String
    @Option(help: "Only keys that begin with this.")
    var prefix = ""
    @Option(help: "Roll up keys that share what stands before this, after the prefix.")
    var delimiter: String?
    @Option(help: "At most this many lines.")
    var limit: UInt64?
    @Option(help: "Only keys after this one.")
    var startAfter: String?
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let bucket = store.bucket(try BucketName(bucket))
        var options = ListOptions(prefix: prefix, delimiter: delimiter, startAfter: startAfter)
        var left = limit ?? .max
        var damaged = 0
        while left > 0 {
            options.limit = Int(min(UInt64(ListOptions.limitMaximum), left))
            let page = try await bucket.list(options)
            print(page, console)
            for object in page.damaged { console.warn("damaged: \(quoted(object.key)): \(object.reason)") }
            damaged += page.damaged.count
            left -= UInt64(page.objects.count + page.commonPrefixes.count + page.damaged.count)
            guard let next = page.continuation else { break }
            options.continuation = next
        }
        if damaged > 0 {
            throw CommandFailure(
                .verificationFailed, "\(damaged) objects are damaged; the others are listed. See: strongroom verify")
        }
    }

    /// Objects and common prefixes together in byte order, as one listing.
    private func print(_ page: ListPage, _ console: Console) {
        var prefixes = page.commonPrefixes[...]
        func printPrefixes(before key: String?) {
            while let next = prefixes.first {
                if let key, !next.utf8.lexicographicallyPrecedes(key.utf8) { return }
                console.emit(CommonPrefixRecord(prefix: next), text: "\(padded("")) \(quoted(next))")
                prefixes.removeFirst()
            }
        }
        for info in page.objects {
            printPrefixes(before: info.key.rawValue)
            let modified = info.lastModified.formatted(.iso8601)
            let text = "\(modified) \(padded("\(info.sizeBytes)")) \(quoted(info.key.rawValue))"
            console.emit(ObjectRecord(info), text: text)
        }
        printPrefixes(before: nil)
    }

    private func padded(_ size: String) -> String {
        String(repeating: " ", count: max(0, 15 - size.count)) + size
    }
}

struct DeleteCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an object; no error where there is none.")

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"))
    var object: ObjectAddress
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let receipt = try await store.bucket(BucketName(object.bucket)).delete(ObjectKey(object.key))
        let what = receipt.existed ? "deleted" : "there was no"
        console.emit(DeleteRecord(key: object.key, existed: receipt.existed), text: "\(what) \(quoted(object.key))")
    }
}
#endif
