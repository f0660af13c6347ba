import StrongroomSystem
import SystemPackage

/// Looks at the catalog's files before LMDB maps them: what LMDB would answer with an abort or a
/// fault is refused here with an error, and nothing is changed.
struct CatalogFileCheck {
    static let dataFileName = "data.mdb"
    static let lockFileName = "lock.mdb"

    private let files: any FileSystem
    private let path: FilePath

    /// - Returns: the file's size; zero where there is none yet.
    static func check(
        _ directory: FilePath, mustExist: Bool, files: any FileSystem
    ) throws(StorageError) -> UInt64 {
        // LMDB would follow a link at either name and write where it leads.
        for name in [dataFileName, lockFileName] {
            let path = directory.appending(name)
            if let status = try files.status(path), status.kind != .file {
                throw StorageError(
                    .corrupted, "something that is no file stands in the place of the catalog; move it away",
                    path: path)
            }
        }
        let path = directory.appending(dataFileName)
        let sizeBytes = try files.status(path)?.sizeBytes ?? 0
        if sizeBytes == 0 {
            if mustExist { throw damaged("it is missing or empty", path) }
            return 0
        }
        try CatalogFileCheck(files: files, path: path).checkContents(sizeBytes: sizeBytes)
        return sizeBytes
    }

    private func checkContents(sizeBytes: UInt64) throws(StorageError) {
        let file = try files.open(path, .readOnly)
        defer { file.close() }
        let first = try metaPage(0, offset: 0, of: file)
        let second = try metaPage(1, offset: UInt64(first.pageSizeBytes), of: file)
        guard first.pageSizeBytes == second.pageSizeBytes else {
            throw Self.damaged("its meta pages contradict each other in the page size", path)
        }
        let newest = first.transactionID > second.transactionID ? first : second
        try checkLength(newest, sizeBytes: sizeBytes, of: file)
    }

    private func metaPage(
        _ number: UInt64, offset: UInt64, of file: any StorageFile
    ) throws(StorageError) -> LMDBMetaPage {
        let bytes = try file.readBytes(at: offset, count: LMDBMetaPage.sizeBytes)
        do throws(LMDBMetaPage.Fault) {
            return try LMDBMetaPage(bytes, pageNumber: number)
        } catch {
            switch error {
            case .unsupportedVersion(let version):
                throw StorageError(
                    .unsupportedFormat,
                    "the catalog has LMDB data format \(version); this Strongroom reads format 1: use a newer one",
                    path: path, offset: offset)
            case .malformed(let field):
                throw Self.damaged("meta page \(number) has a wrong \(field.rawValue)", path, offset: offset)
            case .truncated:
                throw Self.damaged("it ends within meta page \(number)", path, offset: offset)
            }
        }
    }

    /// Every page up to the last one is in the file, but for free pages at its end that LMDB never wrote.
    private func checkLength(
        _ meta: LMDBMetaPage, sizeBytes: UInt64, of file: any StorageFile
    ) throws(StorageError) {
        let pagesInFile = sizeBytes / UInt64(meta.pageSizeBytes)
        let pagesInUse = meta.lastPage + 1
        if pagesInFile >= pagesInUse { return }
        let message = "it ends at page \(pagesInFile) of \(pagesInUse)"
        for root in [meta.freeListRoot, meta.mainRoot] where root != LMDBMetaPage.emptyRoot && root >= pagesInFile {
            throw Self.damaged(message, path, offset: sizeBytes)
        }
        var readError: StorageError?
        let free: LMDBFreeList
        do throws(LMDBFreeList.Fault) {
            free = try LMDBFreeList(meta, from: pagesInFile) { offset, count in
                // Before the bytes are asked for: a damaged page may claim gigabytes.
                guard offset <= sizeBytes, UInt64(count) <= sizeBytes - offset else { return nil }
                do throws(StorageError) {
                    return try file.readBytes(at: offset, count: count)
                } catch {
                    readError = error
                    return nil
                }
            }
        } catch {
            if let readError { throw readError }
            throw Self.damaged("\(message), and its list of free pages is unreadable", path, offset: sizeBytes)
        }
        guard UInt64(free.pages.count) == pagesInUse - pagesInFile else {
            throw Self.damaged(message, path, offset: sizeBytes)
        }
    }

    private static func damaged(_ what: String, _ path: FilePath, offset: UInt64? = nil) -> StorageError {
        StorageError(
            .corrupted,
            "the catalog is damaged: \(what). Nothing was changed; run repair, which rebuilds it",
            path: path, offset: offset)
    }
}
