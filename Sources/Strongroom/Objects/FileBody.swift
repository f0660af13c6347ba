internal import StrongroomCrypto
internal import StrongroomSystem
internal import SystemPackage

/// A regular file of the caller's as a body: read to its end, on the store's own threads. A pipe, which may
/// block for ever, is no body of this kind.
struct FileBody: AsyncSequence {
    typealias Element = ArraySlice<UInt8>
    typealias Failure = StoreError

    /// Below the size from which the allocator maps and unmaps memory for every slice.
    static let sliceBytes = 112 << 10

    private let file: OpenFile
    private let threads: IOThreadPool

    init(_ path: FilePath, on threads: IOThreadPool) async throws(StoreError) {
        self.threads = threads
        file = try await threads.run { () throws(StoreError) in try OpenFile(path) }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, threads: threads) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: OpenFile
        fileprivate let threads: IOThreadPool
        /// The slice given out last. Whoever got it is done with it when asking for the next, and it is wiped.
        private var current: [UInt8] = []

        fileprivate init(file: OpenFile, threads: IOThreadPool) {
            self.file = file
            self.threads = threads
        }

        mutating func next() async throws(StoreError) -> ArraySlice<UInt8>? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(StoreError) -> ArraySlice<UInt8>? {
            let file = self.file
            current.wipeTail(from: 0)
            current = try await threads.run { () throws(StoreError) in try file.next(FileBody.sliceBytes) }
            return current.isEmpty ? nil : current[...]
        }
    }
}

/// A descriptor that is closed with its last reference.
private final class OpenFile: Sendable {
    private let descriptor: FileDescriptor
    private let path: FilePath

    init(_ path: FilePath) throws(StoreError) {
        self.path = path
        do {
            // Without blocking, because opening a named pipe waits for its writer.
            descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
        } catch {
            throw Self.unreadable(path, error)
        }
        guard (try? descriptor.stat())?.type == .regular else {
            throw StoreError(
                .bodyFailed, "Only regular files can be put by their path; give other bytes as a sequence. [\(path)]")
        }
    }

    deinit {
        // Nothing was written through it, so a failure to close loses nothing.
        try? descriptor.close()
    }

    func next(_ count: Int) throws(StoreError) -> [UInt8] {
        do {
            return try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                // Safe: the system writes at most the buffer's size and says how much it wrote.
                initialized = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch {
            throw Self.unreadable(path, error)
        }
    }

    private static func unreadable(_ path: FilePath, _ error: any Error) -> StoreError {
        StoreError(.bodyFailed, "The file cannot be read: \(error). Nothing was stored. [\(path)]", underlying: error)
    }
}
