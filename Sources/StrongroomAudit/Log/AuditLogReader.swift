package import StrongroomSystem
internal import SystemPackage

/// Reads the records of a log, also of one that is being written. Checks nothing: for that there is ``AuditVerifier``.
/// All calls block.
package struct AuditLogReader: Sendable {
    let files: AuditFiles
    let fileSystem: any FileSystem

    package init(_ files: AuditFiles, fileSystem: any FileSystem) {
        self.files = files
        self.fileSystem = fileSystem
    }

    /// The public key that stands beside the anchor. Who can replace the log may have replaced that, too.
    package func key() throws(AuditError) -> AuditVerifierKey {
        guard let text = try text(of: files.key) else {
            throw AuditError(
                .notFound, "There is no audit key at \(files.key); name the key, or the folder where it is.")
        }
        return try AuditVerifierKey(text)
    }

    /// The checkpoint in the anchor, not yet checked; nil where there is none.
    package func anchorNote() throws(AuditError) -> String? { try text(of: files.anchor) }

    private func text(of path: FilePath) throws(AuditError) -> String? {
        let bytes = try AuditError.at(path) { () throws(StorageError) in
            try fileSystem.contents(of: path, sizeBytesMax: SignedCheckpoint.sizeBytesMax)
        }
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with one whole record after the other, until it says false. What cannot be read is left out.
    package func records(
        _ body: (_ index: UInt64, _ record: [UInt8]) throws(AuditError) -> Bool
    ) throws(AuditError) {
        for first in try segments() {
            let bytes = try contents(ofSegment: first)
            guard let salt = (try? AuditSegmentHeader(bytes))?.salt ?? SegmentScanner.salt(of: bytes) else { continue }
            var scanner = SegmentScanner(bytes, salt: salt)
            scan: while true {
                switch scanner.next() {
                case .end: break scan
                case .unreadable: continue
                case .frame(let frame):
                    guard frame.kind == .record, frame.isWhole else { continue }
                    if try !body(frame.index, frame.body) { return }
                }
            }
        }
    }

    func segments() throws(AuditError) -> [UInt64] {
        let segments = try AuditError.at(files.folder) { () throws(StorageError) in try files.segments(fileSystem) }
        guard !segments.isEmpty else {
            throw AuditError(.notFound, "There is no audit log in \(files.folder); name the folder where it is.")
        }
        return segments
    }

    func contents(ofSegment first: UInt64) throws(AuditError) -> [UInt8] {
        try AuditError.at(files.folder) { () throws(StorageError) in
            try fileSystem.contents(
                of: files.segment(first), sizeBytesMax: AuditLogConfiguration.fileSizeBytesMax) ?? []
        }
    }
}
