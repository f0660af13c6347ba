#if CommandLineTool
internal import Strongroom

/// What an export writes, checked as a whole before the first file is made.
struct ExportPlan: Sendable {
    struct File: Sendable {
        var key: ObjectKey
        var name: ExportName
        var sizeBytes: UInt64
        /// Whether it opens with a customer's key, and with nothing else.
        var isUnderCustomerKey = false
    }

    /// An object that has no file, for its key cannot be the name of one.
    struct Refused: Sendable {
        var key: ObjectKey
        var failure: CommandFailure
    }

    private(set) var files: [File] = []
    private(set) var refused: [Refused] = []
    /// Objects that the catalog cannot tell of any more.
    private(set) var damaged: [DamagedObject] = []

    var totalBytes: UInt64 { files.reduce(0) { $0 + $1.sizeBytes } }
    /// Whether there is no object at all.
    var isEmpty: Bool { files.isEmpty && refused.isEmpty && damaged.isEmpty }

    init() {}

    init(of bucket: Bucket, prefix: String) async throws {
        var options = ListOptions(prefix: prefix)
        repeat {
            let page = try await bucket.list(options)
            for info in page.objects {
                var isUnderCustomerKey = false
                if case .customerKey = info.encryption { isUnderCustomerKey = true }
                add(info.key, prefix: prefix, sizeBytes: info.sizeBytes, isUnderCustomerKey: isUnderCustomerKey)
            }
            damaged += page.damaged
            options.continuation = page.continuation
        } while options.continuation != nil
        check()
    }

    /// Without the prefix, so that an import to it and an export from it are each other's inverse.
    mutating func add(_ key: ObjectKey, prefix: String, sizeBytes: UInt64, isUnderCustomerKey: Bool = false) {
        do throws(CommandFailure) {
            let name = try ExportName(key: key.rawValue, prefix: prefix, isEmpty: sizeBytes == 0)
            files.append(File(key: key, name: name, sizeBytes: sizeBytes, isUnderCustomerKey: isUnderCustomerKey))
        } catch {
            refused.append(Refused(key: key, failure: error))
        }
    }

    /// No key may be a file and another one's directory: the first stays, the other is refused.
    mutating func check() {
        let names = files.filter { !$0.name.isDirectory }.map { (Array($0.name.path.utf8), $0.key) }
        let keys = Dictionary(names, uniquingKeysWith: { first, _ in first })
        let all = files
        files = []
        for file in all {
            if let other = Self.file(above: file.name, in: keys) {
                let failure = CommandFailure(
                    .unsafeFileName,
                    "the key \(quoted(file.key.rawValue)) needs a directory where the key \(quoted(other.rawValue)) "
                        + "needs a file. Fetch it with `get` under a name of your own")
                refused.append(Refused(key: file.key, failure: failure))
            } else {
                files.append(file)
            }
        }
    }

    /// The key whose file stands where the name needs a directory.
    private static func file(above name: ExportName, in keys: [[UInt8]: ObjectKey]) -> ObjectKey? {
        var directory: [UInt8] = []
        for component in name.directories {
            if !directory.isEmpty { directory.append(UInt8(ascii: "/")) }
            directory += component.utf8
            if let key = keys[directory] { return key }
        }
        return nil
    }
}
#endif
