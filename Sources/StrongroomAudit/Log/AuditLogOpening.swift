internal import Glibc
package import StrongroomCrypto
package import StrongroomSystem
internal import SystemPackage

/// Opens a log to write to it, or makes one. All calls block.
package struct AuditLogOpening: Sendable {
    package let files: AuditFiles
    package let fileSystem: any FileSystem
    package let random: any RandomSource
    package let configuration: AuditLogConfiguration
    /// What the origin of each of its logs begins with.
    package let originPrefix: String

    /// - Parameters:
    ///   - files: where the log and its anchor are, or will be.
    ///   - originPrefix: whose log it is; a slash and 32 hexadecimal digits follow, different ones in each log.
    ///   - configuration: how it is written.
    ///   - fileSystem: the disk.
    ///   - random: for names and salts.
    package init(
        _ files: AuditFiles, originPrefix: String, configuration: AuditLogConfiguration = AuditLogConfiguration(),
        fileSystem: any FileSystem, random: any RandomSource
    ) {
        self.files = files
        self.originPrefix = originPrefix
        self.configuration = configuration
        self.fileSystem = fileSystem
        self.random = random
    }

    /// Fails with `damaged` where the end of the log is not as it was signed, and with `locked` where somebody else
    /// writes it. What a crash tore is taken away: nobody was told that it is there.
    package func open(seed: SharedSecret) throws(AuditError) -> AuditLogWriter {
        let lock = try AuditError.at(files.folder) { () throws(StorageError) in
            if try fileSystem.status(files.folder) == nil {
                try fileSystem.createDirectory(files.folder)
                try fileSystem.synchronizeDirectory(files.folder.removingLastComponent())
            }
            return try acquireLock()
        }
        do throws(AuditError) {
            return try open(seed, lock)
        } catch {
            lock.release()
            throw error
        }
    }

    private func acquireLock() throws(StorageError) -> any FileLock {
        let stepMilliseconds = 20
        for _ in 0..<configuration.lockWaitMilliseconds / stepMilliseconds {
            do throws(StorageError) {
                return try fileSystem.lockExclusively(files.lock)
            } catch  where error.code == .locked {
                usleep(UInt32(stepMilliseconds) * 1000)
            }
        }
        return try fileSystem.lockExclusively(files.lock)
    }

    private func open(_ seed: SharedSecret, _ lock: any FileLock) throws(AuditError) -> AuditLogWriter {
        let (anchor, last) = try AuditError.at(files.folder) { () throws(StorageError) in
            (
                try fileSystem.contents(of: files.anchor, sizeBytesMax: SignedCheckpoint.sizeBytesMax),
                try files.segments(fileSystem).last
            )
        }
        let note = anchor.map { String(decoding: $0, as: UTF8.self) }
        guard let last else {
            guard note == nil else {
                throw AuditError(
                    .damaged,
                    "There is no audit log in \(files.folder), but \(files.anchor) says that there was one. Put it back; "
                        + "to begin another one, move the anchor to a safe place.")
            }
            return try create(seed, lock)
        }
        return try resume(last, seed, lock, anchor: note)
    }

    private func create(_ seed: SharedSecret, _ lock: any FileLock) throws(AuditError) -> AuditLogWriter {
        let name = random.bytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let signer = try AuditSigner(seed: seed, origin: originPrefix + "/" + name)
        let header = AuditSegmentHeader(origin: signer.key.name, salt: random.salt(), before: MerkleFrontier())
        let current = try AuditError.at(files.folder) { () throws(StorageError) in
            // Before the segment: whoever finds that knows by which key to check it.
            try fileSystem.replace(files.key, with: Array((signer.key.text + "\n").utf8))
            return try AuditLogWriter.startSegment(header, files, fileSystem)
        }
        var writer = AuditLogWriter(
            self, lock, current, FoundLog(signer: signer, frontier: MerkleFrontier()), isAnchorBehind: false)
        _ = try writer.checkpoint()
        return writer
    }

    private func resume(
        _ firstIndex: UInt64, _ seed: SharedSecret, _ lock: any FileLock, anchor: String?
    ) throws(AuditError) -> AuditLogWriter {
        let path = files.segment(firstIndex)
        let (file, bytes) = try AuditError.at(files.folder) { () throws(StorageError) in
            try fileSystem.synchronizeDirectory(files.folder)
            let file = try fileSystem.open(path, .readWrite)
            // A process that was killed has left bytes that no sync covered, or that a failed one has lost.
            try file.synchronizeData()
            try file.evictCachedPages()
            return (file, try fileSystem.contents(of: path, sizeBytesMax: AuditLogConfiguration.fileSizeBytesMax) ?? [])
        }
        let header = try header(bytes, firstIndex, path)
        let signer = try AuditSigner(seed: seed, origin: header.origin)
        var recovery = AuditLogRecovery(header, signer, path)
        try recovery.read(bytes)
        let end = recovery.end
        let current = try AuditError.at(files.folder) { () throws(StorageError) in
            if recovery.isTorn {
                try file.truncate(toBytes: UInt64(end))
                try file.synchronizeData()
            }
            return AuditLogWriter.Current(
                header: header, file: file, position: end, reservedEnd: recovery.isTorn ? end : bytes.count)
        }
        let (found, isAnchorBehind) = try recovery.finished(anchor: anchor, files)
        var writer = AuditLogWriter(self, lock, current, found, isAnchorBehind: isAnchorBehind)
        // A log whose making was interrupted has no checkpoint yet.
        if found.newest == nil { _ = try writer.checkpoint() }
        return writer
    }

    private func header(
        _ bytes: [UInt8], _ firstIndex: UInt64, _ path: FilePath
    ) throws(AuditError) -> AuditSegmentHeader {
        let header: AuditSegmentHeader
        do throws(AuditSegmentHeader.Failure) {
            header = try AuditSegmentHeader(bytes)
        } catch .unsupportedFormat(let format) {
            throw AuditError(
                .unavailable, "The audit log \(path) has format \(format); open it with a newer version.")
        } catch {
            throw AuditLogRecovery.damaged("its header cannot be read", path)
        }
        guard header.firstIndex == firstIndex else {
            throw AuditLogRecovery.damaged("it begins with record \(header.firstIndex)", path)
        }
        guard header.origin.hasPrefix(originPrefix + "/") else {
            throw AuditLogRecovery.damaged("it is of another log, \(header.origin)", path)
        }
        return header
    }
}

/// What a log was found to hold.
package struct FoundLog: Sendable {
    var signer: AuditSigner
    package var frontier: MerkleFrontier
    var unsigned: [MerkleHash] = []
    var newest: SignedCheckpoint?
}
