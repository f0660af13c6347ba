import Glibc
import StrongroomSystem
import SystemPackage
import Testing

@Suite struct PosixFileSystemTests {
    let directory = TemporaryDirectory()
    let system = PosixFileSystem()

    private func mode(_ path: FilePath) -> mode_t {
        var status = stat()
        // Safe: both outlive the call.
        let result = unsafe lstat(path.string, &status)
        #expect(result == 0)
        return status.st_mode & 0o7777
    }

    private func code(_ body: () throws(StorageError) -> Void) -> StorageError.Code? {
        do throws(StorageError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func writesAndReadsBack() throws {
        let path = directory.path.appending("file")
        let file = try system.open(path, .create)
        let pieces = (0..<300).map { [UInt8](repeating: UInt8($0 % 251), count: $0 % 7 * 100) }
        try file.write(gathering: pieces, at: 5)
        let expected = [UInt8](repeating: 0, count: 5) + pieces.joined()
        #expect(try file.sizeBytes() == UInt64(expected.count))
        try file.synchronizeData()

        let again = try system.open(path, .readOnly)
        #expect(try again.readBytes(at: 0, count: expected.count + 10) == expected)
        #expect(try again.readBytes(at: 1 << 40, count: 10) == [])
        #expect(code { () throws(StorageError) in _ = try again.readBytes(at: .max, count: 1) } == .invalidArgument)
        #expect(code { () throws(StorageError) in try again.write(expected, at: 0) } != nil)
    }

    /// Whole blocks go past the page cache, all else through it; whoever reads sees both, whatever the cache held.
    @Test func writingThroughIsSeenByReaders() throws {
        let path = directory.path.appending("file")
        let file = try system.open(path, .create)
        let sizeBytes = 1 << 20
        var expected = [UInt8](repeating: 0, count: sizeBytes)
        try file.write(expected, at: 0)
        let reader = try system.open(path, .readOnly)
        let writes: [(offset: Int, count: Int)] = [
            (0, 4_096), (8_192, 65_536), (4_096, 4_096), (131_072, 131_072), (5_000, 4_096), (300_000, 77),
            (409_600, 8_192),
        ]
        for (number, write) in writes.enumerated() {
            #expect(try reader.readBytes(at: 0, count: sizeBytes) == expected)
            let bytes = [UInt8](repeating: UInt8(number + 1), count: write.count)
            try file.writeThrough(bytes, at: UInt64(write.offset))
            expected.replaceSubrange(write.offset..<write.offset + write.count, with: bytes)
        }
        #expect(try reader.readBytes(at: 0, count: sizeBytes) == expected)
        let block = [UInt8](repeating: 9, count: 4_096)
        #expect(code { () throws(StorageError) in try reader.writeThrough(block, at: 0) } != nil)
    }

    @Test func evictionLosesNothing() throws {
        let file = try system.open(directory.path.appending("file"), .create)
        let bytes = [UInt8](repeating: 3, count: 100_000)
        try file.write(bytes, at: 0)
        try file.evictCachedPages()
        #expect(try file.readBytes(at: 0, count: bytes.count) == bytes)
        try file.synchronizeData()
        try file.evictCachedPages()
        #expect(try file.readBytes(at: 0, count: bytes.count) == bytes)
    }

    @Test func allocationExtendsAndTruncationCuts() throws {
        let file = try system.open(directory.path.appending("file"), .create)
        try file.allocate(sizeBytes: 100_000)
        #expect(try file.sizeBytes() == 100_000)
        try file.truncate(toBytes: 10)
        #expect(try file.sizeBytes() == 10)
        #expect(code { () throws(StorageError) in try file.allocate(sizeBytes: 1 << 60) } != nil)
        #expect(try file.sizeBytes() == 10, "a failed reservation must change nothing")
    }

    @Test func creationNeverTakesWhatStandsThere() throws {
        let target = directory.path.appending("target")
        try system.open(target, .create).close()
        let link = directory.path.appending("link")
        // Safe: both C strings outlive the call.
        let result = unsafe symlink(target.string, link.string)
        #expect(result == 0)

        #expect(code { () throws(StorageError) in _ = try system.open(target, .create) } == .alreadyExists)
        #expect(code { () throws(StorageError) in _ = try system.open(link, .create) } == .alreadyExists)
        #expect(code { () throws(StorageError) in _ = try system.open(link, .readWrite) } == .permissionDenied)
        #expect(code { () throws(StorageError) in _ = try system.lockExclusively(link) } == .permissionDenied)
        #expect(try system.status(link)?.kind == .symbolicLink)
        #expect(code { () throws(StorageError) in try system.createDirectory(link) } == .alreadyExists)
    }

    @Test func namedPipeIsRefusedAndDoesNotBlock() throws {
        let pipe = directory.path.appending("pipe")
        // Safe: the C string outlives the call.
        let result = unsafe mkfifo(pipe.string, 0o600)
        #expect(result == 0)
        #expect(code { () throws(StorageError) in _ = try system.open(pipe, .readOnly) } == .invalidArgument)
        #expect(code { () throws(StorageError) in _ = try system.lockExclusively(pipe) } == .invalidArgument)
    }

    /// The umask belongs to the process, hence a process of its own.
    @Test func umaskNeitherWidensNorNarrows() async {
        await #expect(processExitsWith: .success) {
            for mask in [0o000, 0o777] as [mode_t] {
                let directory = TemporaryDirectory()
                let system = PosixFileSystem()
                umask(mask)
                let folder = directory.path.appending("folder")
                try system.createDirectory(folder)
                _ = try system.open(folder.appending("file"), .create)
                _ = try system.lockExclusively(folder.appending("LOCK"))
                for (name, expected) in [("", 0o700), ("file", 0o600), ("LOCK", 0o600)] as [(String, mode_t)] {
                    var status = stat()
                    // Safe: both outlive the call.
                    guard unsafe lstat(folder.appending(name).string, &status) == 0 else { exit(2) }
                    guard status.st_mode & 0o7777 == expected else { exit(3) }
                }
            }
            exit(0)
        }
    }

    @Test func directoriesListRenameAndRemove() throws {
        let folder = directory.path.appending("folder")
        try system.createDirectory(folder)
        #expect(mode(folder) == 0o700)
        for name in ["a", "b", "ü"] { try system.open(folder.appending(name), .create).close() }
        try system.rename(folder.appending("a"), to: folder.appending("b"))
        try system.synchronizeDirectory(folder)
        #expect(try Set(system.list(folder)) == ["b", "ü"])
        #expect(code { () throws(StorageError) in try system.removeDirectory(folder) } == .alreadyExists)
        try system.remove(folder.appending("b"))
        #expect(code { () throws(StorageError) in try system.remove(folder.appending("b")) } == .notFound)
        #expect(try system.status(folder.appending("b")) == nil)
        #expect(code { () throws(StorageError) in _ = try system.list(folder.appending("none")) } == .notFound)
    }

    @Test func secondLockNamesTheProcess() throws {
        let path = directory.path.appending("LOCK")
        let first = try system.lockExclusively(path)
        let error = #expect(throws: StorageError.self) { _ = try system.lockExclusively(path) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("\(getpid())") == true)
        first.release()
        first.release()
        let second = try system.lockExclusively(path)
        #expect(code { () throws(StorageError) in _ = try system.lockExclusively(path) } == .locked)
        second.release()
    }

    /// `flock` by another open file stands for another process: its number is read from the file.
    @Test func lockOfAnotherProcessIsNamed() throws {
        let path = directory.path.appending("LOCK")
        let descriptor = try FileDescriptor.open(path, .readWrite, options: .create, permissions: .ownerReadWrite)
        _ = try descriptor.writeAll("4242\n".utf8)
        #expect(flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0)
        let error = #expect(throws: StorageError.self) { _ = try system.lockExclusively(path) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process 4242") == true)
        try descriptor.close()
        try system.lockExclusively(path).release()
    }

    @Test func droppedFilesCloseTheirDescriptors() throws {
        let path = directory.path.appending("file")
        try system.open(path, .create).close()
        let before = try system.list("/proc/self/fd").count
        for _ in 0..<200 { _ = try system.open(path, .readOnly) }
        // Other tests open files meanwhile, but not two hundred.
        #expect(try system.list("/proc/self/fd").count < before + 150)
    }

    @Test func temporaryDirectoryIsLocal() throws {
        try system.requireLocalFileSystem(directory.path)
        #expect(code { () throws(StorageError) in try system.requireLocalFileSystem("/nonexistent") } == .notFound)
    }

    @Test(arguments: [
        (Errno.noSpace, StorageError.Code.diskFull), (Errno(rawValue: EDQUOT), .diskFull),
        (.tooManyOpenFiles, .descriptorLimit), (.tooManyOpenFilesInSystem, .descriptorLimit),
        (.ioError, .inputOutput), (.readOnlyFileSystem, .permissionDenied), (Errno(rawValue: 9999), .inputOutput),
    ])
    func systemErrorsKeepTheirMeaning(error: Errno, code: StorageError.Code) {
        let wrapped = StorageError.system(error, "cannot test", path: "/a", offset: 7)
        #expect(wrapped.code == code)
        #expect(wrapped.systemError == error)
        #expect(wrapped.description.contains("/a at byte 7"))
    }
}
