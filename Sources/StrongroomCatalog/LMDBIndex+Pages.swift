package import StrongroomSystem

extension LMDBIndex {
    /// Reads all pages in use, and what LMDB holds to be free. Takes as long as reading the file does, and is a read as
    /// others are: where the map has to grow meanwhile, that waits for it.
    package func pageFault() throws(StorageError) -> StorageError? {
        let path = environment.path
        let file = try PosixFileSystem().open(path, .readOnly)
        defer { file.close() }
        var lastID: Int?
        while true {
            // No page of this state is written to while the transaction is open.
            let transaction = try readers.enter()
            defer { readers.leave(transaction) }
            if let meta = try metaPage(of: transaction.id, in: file) { return try fault(of: meta, file) }
            // Two commits came between, whose meta pages are in the place of this one's: then the next has another id.
            guard transaction.id != lastID else {
                return StorageError(
                    .corrupted, "the catalog is damaged: its meta pages are not what LMDB has read. Run repair",
                    path: path)
            }
            lastID = transaction.id
        }
    }

    private func fault(of meta: LMDBMetaPage, _ file: any StorageFile) throws(StorageError) -> StorageError? {
        do throws(LMDBPageCheck.Fault) {
            try LMDBPageCheck.run(meta, file, sizeBytes: try size(of: file))
            return nil
        } catch {
            switch error {
            case .unreadable(let error): throw error
            case .damaged(let reason):
                return StorageError(
                    .corrupted, "the catalog is damaged: \(reason). Run repair, which rebuilds it",
                    path: environment.path)
            }
        }
    }

    private func size(of file: any StorageFile) throws(LMDBPageCheck.Fault) -> UInt64 {
        do throws(StorageError) {
            return try file.sizeBytes()
        } catch {
            throw .unreadable(error)
        }
    }

    /// Two commits are kept: of three, the first one's page is gone.
    private func metaPage(of transactionID: Int, in file: any StorageFile) throws(StorageError) -> LMDBMetaPage? {
        var offset: UInt64 = 0
        for number in UInt64(0)...1 {
            let bytes = try file.readBytes(at: offset, count: LMDBMetaPage.sizeBytes)
            let meta: LMDBMetaPage
            do throws(LMDBMetaPage.Fault) {
                meta = try LMDBMetaPage(bytes, pageNumber: number)
            } catch {
                return nil
            }
            if meta.transactionID == UInt64(transactionID) { return meta }
            offset = UInt64(meta.pageSizeBytes)
        }
        return nil
    }
}
