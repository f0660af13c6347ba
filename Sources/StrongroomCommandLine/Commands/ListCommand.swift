#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct ListCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List objects, or all their versions, in byte order of their keys.")

    @Argument(help: "The bucket.")
    var bucket: String
    @Option(help: "Only keys that begin with this.")
    var prefix = ""
    @Option(help: "Roll up keys that share what stands before this, after the prefix.")
    var delimiter: String?
    @Flag(help: "All versions, delete markers included; of each key the newest first.")
    var versions = false
    @Option(help: "At most this many lines.")
    var limit: UInt64?
    @Option(help: "Only keys after this one.")
    var startAfter: String?
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let bucket = store.bucket(try BucketName(bucket))
        let damaged =
            versions ? try await listVersions(of: bucket, console) : try await listObjects(of: bucket, console)
        if damaged > 0 {
            throw CommandFailure(
                .verificationFailed, "\(damaged) objects are damaged; the others are listed. See: strongroom verify")
        }
    }

    /// Returns how many were damaged.
    private func listObjects(of bucket: Bucket, _ console: Console) async throws -> Int {
        var options = ListOptions(prefix: prefix, delimiter: delimiter, startAfter: startAfter)
        var left = limit ?? .max
        var damaged = 0
        while left > 0 {
            options.limit = Self.pageLimit(left)
            let page = try await bucket.list(options)
            var prefixes = CommonPrefixLines(page.commonPrefixes, console)
            for info in page.objects {
                prefixes.emit(before: info.key)
                let text = ListingLine.text(info.lastModified, "\(info.sizeBytes)", info.key.rawValue)
                console.emit(ObjectRecord(info), text: text)
            }
            prefixes.emitRest()
            damaged += report(page.damaged, console)
            left -= UInt64(page.objects.count + page.commonPrefixes.count + page.damaged.count)
            guard let next = page.continuation else { break }
            options.continuation = next
        }
        return damaged
    }

    private func listVersions(of bucket: Bucket, _ console: Console) async throws -> Int {
        var options = VersionListOptions(prefix: prefix, delimiter: delimiter, startAfter: startAfter)
        var left = limit ?? .max
        var damaged = 0
        while left > 0 {
            options.limit = Self.pageLimit(left)
            let page = try await bucket.listVersions(options)
            var prefixes = CommonPrefixLines(page.commonPrefixes, console)
            for entry in page.entries {
                prefixes.emit(before: entry.key)
                console.emit(entry)
            }
            prefixes.emitRest()
            damaged += report(page.damaged, console)
            left -= UInt64(page.entries.count + page.commonPrefixes.count + page.damaged.count)
            guard let next = page.continuation else { break }
            options.continuation = next
        }
        return damaged
    }

    private static func pageLimit(_ left: UInt64) -> Int { Int(min(UInt64(ListOptions.limitMaximum), left)) }

    private func report(_ damaged: [DamagedObject], _ console: Console) -> Int {
        for object in damaged { console.warn("damaged: \(quoted(object.key)): \(object.reason)") }
        return damaged.count
    }
}

extension Console {
    fileprivate func emit(_ entry: VersionEntry) {
        let place = "  \(entry.versionID)" + (entry.isLatest ? "  latest" : "")
        switch entry {
        case .object(let info, let isLatest):
            let text = ListingLine.text(info.lastModified, "\(info.sizeBytes)", info.key.rawValue)
            emit(ObjectRecord(info, isLatest: isLatest), text: text + place)
        case .deleteMarker(let info, let isLatest):
            let text = ListingLine.text(info.lastModified, "deleted", info.key.rawValue)
            emit(DeleteMarkerRecord(info, isLatest: isLatest), text: text + place)
        }
    }
}
#endif
