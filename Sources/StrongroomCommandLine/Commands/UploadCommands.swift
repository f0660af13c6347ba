#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct UploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "List and abort uploads in parts that were not completed.",
        discussion: "An application leaves them behind when it ends in the middle of its work. Their parts take space.",
        subcommands: [List.self, Parts.self, Abort.self])

    struct List: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a bucket's unfinished uploads, in byte order of their keys.")

        @Argument(help: "The bucket.")
        var bucket: String
        @Option(help: "Only keys that begin with this.")
        var prefix = ""
        @Option(help: "At most this many lines.")
        var limit: UInt64?
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let bucket = store.bucket(try BucketName(bucket))
            var after: UploadContinuation?
            var left = limit ?? .max
            while left > 0 {
                let page = try await bucket.listUploads(
                    prefix: prefix, after: after, limit: Int(min(UInt64(ListOptions.limitMaximum), left)))
                for upload in page.uploads {
                    let text = "\(upload.initiated.formatted(.iso8601)) \(upload.id) \(quoted(upload.key.rawValue))"
                    console.emit(UploadRecord(upload), text: text)
                }
                left -= UInt64(page.uploads.count)
                guard let next = page.next else { break }
                after = next
            }
        }
    }

    struct Parts: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the parts that an upload has so far, in order of their numbers.")

        @OptionGroup var upload: UploadArguments
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let bucket = store.bucket(try BucketName(upload.object.bucket))
            let (key, id) = (try ObjectKey(upload.object.key), try UploadID(upload.uploadId))
            var after: Int? = 0
            while let start = after {
                let page = try await bucket.listParts(key, id, after: start)
                for part in page.parts {
                    let text = ListingLine.text(part.lastModified, "\(part.sizeBytes)", "part \(part.number)")
                    console.emit(PartRecord(part), text: text)
                }
                after = page.next
            }
        }
    }

    struct Abort: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop an upload and its parts. Objects under its key stay as they are.")

        @OptionGroup var upload: UploadArguments
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let key = try ObjectKey(upload.object.key)
            try await store.bucket(BucketName(upload.object.bucket)).abortUpload(key, UploadID(upload.uploadId))
            console.emit(
                ["key": key.rawValue, "uploadId": upload.uploadId],
                text: "aborted the upload of \(quoted(key.rawValue))")
        }
    }
}

/// Which upload is meant.
struct UploadArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("Where the object will be.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @Argument(help: "The upload, as `upload list` prints it.")
    var uploadId: String
}

/// A line of `upload list`.
struct UploadRecord: Codable, Equatable {
    var key: String
    var uploadId: String
    var initiated: Date
    var storageClass: String

    init(_ upload: UploadInfo) {
        key = upload.key.rawValue
        uploadId = upload.id.description
        initiated = upload.initiated
        storageClass = upload.storageClass.rawValue
    }
}

/// A line of `upload parts`.
struct PartRecord: Codable, Equatable {
    var partNumber: Int
    var size: UInt64
    var etag: String
    var lastModified: Date

    init(_ part: PartInfo) {
        partNumber = part.number
        size = part.sizeBytes
        etag = part.etag
        lastModified = part.lastModified
    }
}
#endif
