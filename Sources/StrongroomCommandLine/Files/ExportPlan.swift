#if CommandLineTool
internal import Strongroom

/// What an export writes, checked as a whole before the first file is made.
struct ExportPlan: Sendable {
    struct File: Sendable {
        var key: ObjectKey
        var name: ExportName
        /// Whether it opens with a customer's key, and with nothing else.
        var isUnderCustomerKey = false
    }

    private(set) var files: [File] = []
    /// Objects that the catalog cannot tell of any more.
    private(set) var damaged: [DamagedObject] = []
    private(set) var totalBytes: UInt64 = 0

    init() {}

    init(of bucket: Bucket, prefix: String) async throws {
        var options = ListOptions(prefix: prefix)
        repeat {
            let page = try await bucket.list(options)
            for info in page.objects {
                try add(info.key, prefix: prefix, sizeBytes: info.sizeBytes)
                if case .customerKey = info.encryption { files[files.count - 1].isUnderCustomerKey = true }
            }
            damaged += page.damaged
            options.continuation = page.continuation
        } while options.continuation != nil
        try check()
    }

    /// Without the prefix, so that an import to it and an export from it are each other's inverse.
    mutating func add(_ key: ObjectKey, prefix: String, sizeBytes: UInt64) throws(CommandFailure) {
        let below = String(decoding: key.rawValue.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        files.append(File(key: key, name: try ExportName(key: below)))
        totalBytes += sizeBytes
    }

    /// No key may be a file and another one's directory.
    func check() throws(CommandFailure) {
        let names = Set(files.map { $0.name.path.utf8.map { $0 } })
        for file in files {
            var directory: [UInt8] = []
            for component in file.name.components.dropLast() {
                directory += directory.isEmpty ? Array(component.utf8) : [UInt8(ascii: "/")] + Array(component.utf8)
                guard names.contains(directory) else { continue }
                throw CommandFailure(
                    .unsafeFileName,
                    "the key \(quoted(file.key.rawValue)) needs a directory where the key "
                        + "\(quoted(String(decoding: directory, as: UTF8.self))) needs a file. "
                        + "Fetch one of them with `get` under a name of your own")
            }
        }
    }
}
#endif
