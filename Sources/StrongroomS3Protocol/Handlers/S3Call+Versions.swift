internal import Strongroom

extension S3Call {
    /// ListObjectVersions.
    func listObjectVersions() async throws(S3Error) -> S3Answer {
        let page = try ListingPage(query)
        let keyMarker = try query.single("key-marker")
        let versionMarker = try query.single("version-id-marker")
        guard versionMarker == nil || keyMarker?.isEmpty == false else {
            throw .invalidArgument(
                "A version-id marker cannot be specified without a key marker.", name: "version-id-marker")
        }
        let bucket = try bucket()
        let continuation = try await versionContinuation(page, keyMarker, versionMarker, bucket)
        let options = VersionListOptions(
            prefix: page.prefix, delimiter: page.delimiter, startAfter: keyMarker, limit: max(page.limit, 1),
            continuation: continuation)
        var found = try await asking { () async throws(StoreError) in try await bucket.listVersions(options) }
        try Self.checkSound(found.damaged)
        if page.limit == 0 { (found.entries, found.commonPrefixes, found.continuation) = ([], [], nil) }
        let next = found.continuation == nil ? nil : NextVersion(found, page)
        let root = DocumentElement.root(
            "ListVersionsResult",
            [
                DocumentElement("Name", text: target.bucket ?? ""), page.element("Prefix", page.prefix),
                page.element("KeyMarker", keyMarker ?? ""),
                DocumentElement("VersionIdMarker", text: versionMarker ?? ""),
                next.map { page.element("NextKeyMarker", $0.key) },
                .optional("NextVersionIdMarker", next?.version),
                DocumentElement("MaxKeys", text: String(page.limit)),
                page.delimiter.map { page.element("Delimiter", $0) }, page.encodingElement,
                DocumentElement("IsTruncated", text: String(next != nil)),
            ] + found.entries.map { version($0, page) } + page.commonPrefixes(found.commonPrefixes))
        return try answer(root)
    }

    // MARK: -

    /// Where the next page begins: behind an entry or behind a common prefix.
    ///
    /// A version is marked by its id and its place in the commit order, from which the listing goes on without looking
    /// the version up, which may be gone by then.
    private struct NextVersion {
        var key: String
        var version: String?

        init(_ page: VersionPage, _ listing: ListingPage) {
            let entry = page.entries.last
            key = entry?.key.rawValue ?? ""
            version = entry.map { "\($0.versionID).\($0.lsn)" }
            guard let prefix = page.commonPrefixes.last, key.utf8.lexicographicallyPrecedes(prefix.utf8) else { return }
            (key, version) = (prefix, nil)
        }
    }

    private func versionContinuation(
        _ page: ListingPage, _ keyMarker: String?, _ versionMarker: String?, _ bucket: Bucket
    ) async throws(S3Error) -> VersionContinuation? {
        guard let keyMarker else { return nil }
        guard let versionMarker, !versionMarker.isEmpty else {
            return page.isCommonPrefix(keyMarker) ? .behind(prefix: keyMarker) : nil
        }
        let parts = versionMarker.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let version = try Self.version(String(parts[0]))
        if parts.count == 2 {
            guard let lsn = UInt64(parts[1]) else {
                throw .invalidArgument("Invalid version id specified", name: "version-id-marker")
            }
            return VersionContinuation(behind: keyMarker, lsn: lsn)
        }
        // An id that no listing gave out: the version's object says where it is. Of none that the listing is not about:
        // the caller may know of those alone.
        guard keyMarker.utf8.starts(with: page.prefix.utf8) else { return nil }
        let key = try RequestTarget.objectKey(keyMarker)
        do throws(StoreError) {
            return VersionContinuation(behind: keyMarker, lsn: try await bucket.head(key, version: version).lsn)
        } catch {
            let isAbsent = [.noSuchKey, .noSuchVersion, .methodNotAllowed, .invalidRequest].contains(error.code)
            guard isAbsent else { throw S3Error(error).about(target, error.code) }
            throw .invalidArgument("Invalid version id specified", name: "version-id-marker")
        }
    }

    private func version(_ entry: VersionEntry, _ page: ListingPage) -> DocumentElement {
        let head = [
            page.element("Key", entry.key.rawValue),
            DocumentElement("VersionId", text: entry.versionID.description),
            DocumentElement("IsLatest", text: String(entry.isLatest)),
        ]
        switch entry {
        case .object(let info, _):
            return DocumentElement(
                "Version",
                head + [
                    DocumentElement("LastModified", text: TimeText.document(info.lastModified)),
                    DocumentElement("ETag", text: info.etag.quotedETag),
                    DocumentElement("Size", text: String(info.sizeBytes)), owner(),
                    DocumentElement("StorageClass", text: info.storageClass.rawValue),
                ] + info.checksums.kindElements)
        case .deleteMarker(let marker, _):
            return DocumentElement(
                "DeleteMarker",
                head + [DocumentElement("LastModified", text: TimeText.document(marker.lastModified)), owner()])
        }
    }
}
