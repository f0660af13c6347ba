#if CommandLineTool
internal import Strongroom
internal import SystemPackage

/// Writes objects into files with many in flight.
struct FileExport: Sendable {
    private struct Record: Encodable {
        var key: String
        var size: UInt64
        var etag: String
    }

    private static let getsInFlight = 16
    /// To this size an object is written in one go.
    private static let wholeBytesMax: UInt64 = 1 << 20
    /// What is wrong with one object, and says nothing of the others. Whatever else fails ends all.
    private static let ofOneObject: Set<StoreError.Code> = [
        .damaged, .corrupted, .noSuchKey, .accessDenied, .invalidRequest, .keyDisabled, .invalidKeyState, .keyNotFound,
        .encryptionUnavailable,
    ]

    let bucket: Bucket
    let withCustomerKey: Bucket
    let target: ExportDirectory
    let console: Console
    let progress: ProgressDisplay

    /// - Returns: how many bytes were written.
    func run(_ files: [ExportPlan.File], _ failures: inout ExportFailures) async throws -> UInt64 {
        try await withThrowingTaskGroup(of: (key: ObjectKey, written: Result<UInt64, CommandFailure>).self) { group in
            var written: UInt64 = 0
            var waiting = files.makeIterator()
            for _ in 0..<Self.getsInFlight {
                guard let file = waiting.next() else { break }
                group.addTask { (file.key, try await export(file)) }
            }
            while let (key, result) = try await group.next() {
                switch result {
                case .success(let bytes): written += bytes
                case .failure(let error): failures.add(error, key.rawValue)
                }
                try Task.checkCancellation()
                if let file = waiting.next() { group.addTask { (file.key, try await export(file)) } }
            }
            return written
        }
    }

    private func export(_ file: ExportPlan.File) async throws -> Result<UInt64, CommandFailure> {
        do {
            let info = try await write(file)
            if console.json {
                console.emit(Record(key: info.key.rawValue, size: info.sizeBytes, etag: info.etag), text: "")
            }
            return .success(info.sizeBytes)
        } catch let error as StoreError where Self.ofOneObject.contains(error.code) {
            return .failure(CommandFailure(ofObject: error.code, error.message))
        } catch let error as CommandFailure where error.code == .unsafeFileName {
            return .failure(error)
        }
    }

    private func write(_ file: ExportPlan.File) async throws -> ObjectInfo {
        let body = try await (file.isUnderCustomerKey ? withCustomerKey : bucket).get(file.key)
        if file.name.isDirectory {
            guard body.lengthBytes == 0 else {
                throw CommandFailure(
                    .unsafeFileName,
                    "the key \(quoted(file.key.rawValue)) was a folder's a moment ago, and has bytes now; export again")
            }
            try await Offload.run { () throws(CommandFailure) in try target.createDirectory(file.name) }
            progress.advance(objects: 1)
            return body.info
        }
        if body.lengthBytes <= Self.wholeBytesMax {
            let bytes = try await body.collect(upTo: Int(Self.wholeBytesMax))
            try await Offload.run { () throws(CommandFailure) in
                let output = try target.create(file.name)
                try output.append(bytes)
                try output.finish(replacing: .refused)
            }
            progress.advance(objects: 1, bytes: UInt64(bytes.count))
            return body.info
        }
        let output = try await Offload.run { () throws(CommandFailure) in try target.create(file.name) }
        for try await slice in body {
            try await Offload.run { () throws(CommandFailure) in try output.append(slice) }
            progress.advance(bytes: UInt64(slice.count))
        }
        try await Offload.run { () throws(CommandFailure) in try output.finish(replacing: .refused) }
        progress.advance(objects: 1)
        return body.info
    }
}

/// What an export could not write; each is told when it is found.
struct ExportFailures {
    private let console: Console
    private var codes: Set<String> = []
    private(set) var count = 0

    init(_ console: Console) { self.console = console }

    mutating func add(_ failure: CommandFailure, _ key: String) {
        count += 1
        codes.insert(failure.code.rawValue)
        console.warn("not written: \(quoted(key)): \(failure.code.rawValue): \(failure.message)")
    }

    /// - Throws: where there is any; by its code where all have the same.
    func end() throws(CommandFailure) {
        guard let code = codes.first else { return }
        throw CommandFailure(
            codes.count == 1 ? CommandFailure.Code(rawValue: code) : .exportFailed,
            "\(count) objects could not be written, each named above, and have no file; all others are written")
    }
}

extension CommandFailure {
    /// What the store says of one object.
    init(ofObject code: StoreError.Code, _ message: String) {
        self.init(Code(rawValue: code.rawValue), CommandWords.of(message))
    }
}
#endif
