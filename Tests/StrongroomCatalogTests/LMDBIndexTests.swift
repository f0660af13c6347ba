import Foundation
import Glibc
import StrongroomCatalog
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

/// What is LMDB's own: files, growth, threads, processes.
@Suite struct LMDBIndexTests {
    private let directory = TemporaryDirectory()

    private func open(_ options: LMDBIndex.Options = .small()) throws(StorageError) -> LMDBIndex {
        try LMDBIndex(directory: directory.path, options: options)
    }

    @Test func filesAreForTheirOwnerAlone() throws {
        let index = try open()
        defer { index.close() }
        for name in ["data.mdb", "lock.mdb"] {
            var status = stat()
            let path = directory.path.appending(name)
            // Safe: the string and `status` outlive the call.
            #expect(unsafe path.withPlatformString { unsafe lstat($0, &status) } == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func theTailIsReservedPastTheEnd() throws {
        var options = LMDBIndex.Options.small()
        options.reservedTailBytes = 8 << 20
        let index = try open(options)
        defer { index.close() }
        var status = stat()
        let path = directory.path.appending("data.mdb")
        // Safe: the string and `status` outlive the call.
        #expect(unsafe path.withPlatformString { unsafe lstat($0, &status) } == 0)
        #expect(status.st_size < 1 << 20, "the file has not grown")
        #expect(status.st_blocks * 512 >= 8 << 20, "its blocks have")
        #expect(index.isTailReserved)
    }

    /// The map of 1 MiB doubles under readers that come and go, and under none of them anything moves.
    @Test func theMapGrowsUnderReaders() throws {
        let index = try open(.small(mapSizeBytes: 1 << 20))
        defer { index.close() }
        try index.write { transaction throws(StorageError) in
            for byte in 1...50 as ClosedRange<UInt8> { try transaction.put([byte], [1]) }
        }
        let stop = Signal()
        let isStopped = Monitor(false)
        let readers = (0..<4).map { number in
            DedicatedThread(name: "reader \(number)") {
                while !isStopped.withLock({ $0 }) {
                    do {
                        try index.read { snapshot throws(StorageError) in
                            let first = try snapshot.rows(from: [0], limit: 50)
                            #expect(first.count == 50 && first.allSatisfy { $0.value == [1] })
                        }
                    } catch {
                        Issue.record("\(error)")
                        return
                    }
                    sched_yield()
                }
                stop.set()
            }
        }
        let before = try index.statistics().mapSizeBytes
        for batch in 0..<8 as Range<UInt8> {
            try index.write { transaction throws(StorageError) in
                for number in 0..<255 as Range<UInt8> {
                    try transaction.put([100, batch, number], [UInt8](repeating: number, count: 4_000))
                }
            }
        }
        isStopped.withLock { $0 = true }
        stop.wait()
        for reader in readers { reader.join() }
        let rows = try index.rows(from: [100])
        #expect(rows.count == 8 * 255)
        #expect(rows.allSatisfy { $0.value == [UInt8](repeating: $0.key[2], count: 4_000) })
        #expect(try index.statistics().mapSizeBytes >= before * 8)
    }

    /// The story: look-ups on their callers' threads waited there for the end of somebody's long read, because the map
    /// was to grow, and nobody else had those threads meanwhile.
    @Test func aReadThatMustNotWaitIsToldSoWhileTheMapIsToGrow() throws {
        let index = try open(.small(mapSizeBytes: 1 << 20))
        try index.write { transaction throws(StorageError) in try transaction.put([1], [1]) }
        func look() throws -> [UInt8]?? {
            try index.readUnlessPaused { snapshot throws(StorageError) in try snapshot.value([1]) }
        }
        #expect(try look() == .some([1]))
        let (isInside, mayLeave) = (Signal(), Signal())
        let reader = DedicatedThread(name: "long reader") {
            try? index.read { _ throws(StorageError) in
                isInside.set()
                mayLeave.wait()
            }
        }
        isInside.wait()
        let writer = DedicatedThread(name: "writer") {
            try? index.write { transaction throws(StorageError) in
                for number in 0..<250 as Range<UInt8> {
                    try transaction.put([2, number], [UInt8](repeating: 1, count: 8_000))
                }
            }
        }
        var looks = 0
        while try look() != nil, looks < 10_000 {
            looks += 1
            usleep(1_000)
        }
        #expect(looks < 10_000, "it never came to growing")
        #expect(try look() == nil)
        mayLeave.set()
        reader.join()
        writer.join()
        #expect(try look() == .some([1]))
        #expect(try index.rows(from: [2]).count == 250)
        index.close()
        let error = #expect(throws: OrderedIndexReadError<StorageError>.self) { try look() }
        guard case .index(let fault) = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(fault.code == .closed)
    }

    /// The story: LMDB gives up its old map before it asks for a larger one. Where the process was not allowed so many
    /// addresses, the next look at the catalog faulted.
    @Test(.disabled(if: Sanitizer.isThere, "sanitizers reserve addresses of their own"))
    func aMapThatMayNotGrowStaysAsItWas() async {
        let path = directory.path.string
        await #expect(processExitsWith: .success) { [path = path as String] in
            let index = try LMDBIndex(directory: FilePath(path), options: .small(mapSizeBytes: 128 << 20))
            try Self.put(1, in: index)
            try Self.limitAddresses(toMore: 64 << 20)
            var refusal: StorageError?
            var batches: UInt8 = 1
            while refusal == nil {
                do throws(StorageError) {
                    try Self.put(batches + 1, in: index)
                    batches += 1
                } catch {
                    refusal = error
                }
            }
            #expect(refusal?.code == .limitExceeded && batches > 10, "\(String(describing: refusal))")
            #expect(try Self.has(1, in: index) && Self.has(batches, in: index) && !Self.has(batches + 1, in: index))
            try Self.limitAddresses(toMore: nil)
            try Self.put(batches + 1, in: index)
            #expect(try Self.has(1, in: index) && Self.has(batches + 1, in: index))
            index.close()
        }
    }

    /// Where LMDB itself fails, although there is room, there is no map, and nobody may look for one.
    @Test func aMapThatIsLostIsNotUsed() async {
        let path = directory.path.string
        await #expect(processExitsWith: .success) { [path = path as String] in
            let index = try LMDBIndex(directory: FilePath(path), options: .small(mapSizeBytes: 2 << 20))
            try index.write { transaction throws(StorageError) in try transaction.put([1], [1]) }
            // What cannot be mapped stands in the place of the file.
            let nothing = try FileDescriptor.open(FilePath("/dev/null"), .readWrite)
            for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(entry)")
                guard target?.hasSuffix("data.mdb") == true, let number = CInt(entry) else { continue }
                _ = try nothing.duplicate(as: FileDescriptor(rawValue: number))
            }
            #expect(throws: StorageError.self) { try Self.put(2, in: index) }
            #expect(throws: (any Error).self) { try index.rows() }
            #expect(throws: StorageError.self) { try index.statistics() }
            #expect(throws: StorageError.self) { try index.write { _ in } }
            index.close()
        }
    }

    private static func put(_ batch: UInt8, in index: LMDBIndex) throws(StorageError) {
        try index.write { transaction throws(StorageError) in
            for number in 0..<250 as Range<UInt8> {
                try transaction.put([batch, number], [UInt8](repeating: number, count: 16_000))
            }
        }
    }

    private static func has(_ batch: UInt8, in index: LMDBIndex) throws -> Bool {
        try index.read { snapshot throws(StorageError) in
            try snapshot.value([batch, 249]) == [UInt8](repeating: 249, count: 16_000)
        }
    }

    /// Of what the process has mapped, how much more it may; nil for as much as it likes.
    private static func limitAddresses(toMore bytes: UInt?) throws {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[0]
        let mapped = try #require(UInt(pages)) * UInt(sysconf(CInt(_SC_PAGESIZE)))
        var limit = rlimit(rlim_cur: bytes.map { mapped + $0 } ?? rlim_t.max, rlim_max: rlim_t.max)
        // Safe: `limit` outlives the call.
        let code = unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        try #require(code == 0)
    }

    /// Readers see every batch whole while another thread writes.
    @Test func batchesAreSeenWhole() throws {
        let index = try open()
        defer { index.close() }
        let keys = [[1], [UInt8](repeating: 2, count: 900), [UInt8](repeating: 2, count: 2_304), [3]]
        let readers = (0..<4).map { number in
            DedicatedThread(name: "reader \(number)") {
                var last: UInt8 = 0
                while last < 200 {
                    do {
                        let values = try index.rows().map(\.value)
                        #expect(Set(values).count <= 1 && [0, keys.count].contains(values.count))
                        let seen = values.first?.first ?? 0
                        #expect(seen >= last, "snapshots do not go back")
                        last = seen
                    } catch {
                        Issue.record("\(error)")
                        return
                    }
                }
            }
        }
        for round in 1...200 as ClosedRange<UInt8> {
            try index.write { transaction throws(StorageError) in
                for key in keys { try transaction.put(key, [round]) }
            }
        }
        for reader in readers { reader.join() }
    }

    /// LMDB must never commit on another thread than it began on; callers may come from any.
    @Test func writesMayComeFromAnyThread() throws {
        let index = try open()
        defer { index.close() }
        let writers = (0..<8 as Range<UInt8>).map { number in
            DedicatedThread(name: "writer \(number)") {
                for round in 0..<20 as Range<UInt8> {
                    do {
                        try index.write { transaction throws(StorageError) in
                            let count = try transaction.value([255])?.first ?? 0
                            try transaction.put([255], [count + 1])
                            try transaction.put([number, round], [round])
                        }
                    } catch {
                        Issue.record("\(error)")
                    }
                }
            }
        }
        for writer in writers { writer.join() }
        #expect(try index.rows(from: [255]).first?.value == [160])
        #expect(try index.rows().count == 161)
    }

    @Test func aFailureThatTheBodyHidesStillUndoesTheBatch() throws {
        let index = try open(.small(mapSizeBytes: 1 << 20))
        defer { index.close() }
        var runs = 0
        try index.write { transaction throws(StorageError) in
            runs += 1
            for number in 0..<250 as Range<UInt8> {
                // Full after some of them, the first time: nobody may commit the others alone.
                try? transaction.put([number], [UInt8](repeating: number, count: 8_000))
            }
        }
        #expect(runs > 1, "the map was too small at first")
        #expect(try index.rows().count == 250)
    }

    // MARK: - One environment

    @Test func aSecondEnvironmentIsRefused() throws {
        let index = try open()
        let link = directory.path.appending("link")
        // Safe: both strings outlive the call.
        let linked = unsafe directory.path.withPlatformString { target in
            unsafe link.withPlatformString { unsafe symlink(target, $0) }
        }
        #expect(linked == 0)
        for path in [directory.path, link, directory.path.appending(".")] {
            let error = #expect(throws: StorageError.self) { try LMDBIndex(directory: path, options: .small()) }
            #expect(error?.code == .locked)
        }
        try index.write { transaction throws(StorageError) in try transaction.put([1], [1]) }
        index.close()
        let again = try open(.small(mustExist: true))
        #expect(try again.rows().count == 1)
        again.close()
    }

    /// In a forked child the catalog refuses to work, and the parent's goes on.
    @Test func aForkedChildIsRefused() throws {
        let index = try open()
        defer { index.close() }
        try index.write { transaction throws(StorageError) in try transaction.put([1], [1]) }
        // Swift hides fork, because little may be done after it: this child makes a few calls and ends.
        typealias Fork = @convention(c) () -> pid_t
        // Safe: the symbol is the C library's function of this type.
        let fork = unsafe unsafeBitCast(try #require(unsafe dlsym(nil, "fork")), to: Fork.self)
        let child = fork()
        if child == 0 {
            let isRefused = Self.isClosed { () throws(StorageError) in try index.write { _ in } }
            let readIsRefused = (try? index.rows()) == nil
            index.close()
            _exit(isRefused && readIsRefused ? 0 : 1)
        }
        // Where it is not refused it waits for ever for a thread that no child has.
        var status: CInt = -1
        for _ in 0..<2_000 {
            // Safe: `status` outlives the call.
            if unsafe waitpid(child, &status, WNOHANG) != 0 { break }
            usleep(10_000)
        }
        if status == -1 {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
        }
        #expect(status == 0, "-1: it hung")
        try index.write { transaction throws(StorageError) in try transaction.put([2], [2]) }
        #expect(try index.rows().count == 2)
    }

    private static func isClosed(_ body: () throws(StorageError) -> Void) -> Bool {
        do throws(StorageError) {
            try body()
            return false
        } catch {
            return error.code == .closed
        }
    }

    @Test func misuseTraps() async {
        let path = directory.path.string
        // It would wait for itself as soon as the map has to grow.
        await #expect(processExitsWith: .failure) { [path = path as String] in
            let index = try LMDBIndex(directory: FilePath(path), options: .small())
            try index.read { _ throws(StorageError) in try index.write { _ in } }
        }
        await #expect(processExitsWith: .failure) { [path = path as String] in
            let index = try LMDBIndex(directory: FilePath(path), options: .small())
            var leaked: (any OrderedIndexSnapshot)?
            try index.read { leaked = $0 }
            _ = try leaked?.value([1])
        }
        await #expect(processExitsWith: .failure) { [path = path as String] in
            let index = try LMDBIndex(directory: FilePath(path), options: .small())
            try index.write { transaction throws(StorageError) in
                try transaction.put([UInt8](repeating: 1, count: 2_305), [])
            }
        }
        // Each of them found a catalog that it could open, and did not fail for another reason.
        await #expect(processExitsWith: .success) { [path = path as String] in
            try LMDBIndex(directory: FilePath(path), options: .small()).close()
        }
    }
}
