internal import Strongroom

extension S3Call {
    /// ListObjects: the first version, whose marker is a key.
    func listObjects() async throws(S3Error) -> S3Answer {
        let page = try ListingPage(query)
        let marker = try query.single("marker")
        // A marker that a page before ended with may be a common prefix.
        let isPrefix = marker.map(page.isCommonPrefix) ?? false
        let list = try await list(
            page, startAfter: marker, isPrefix ? ListContinuation.behind(prefix: marker ?? "") : nil)
        let root = DocumentElement.root(
            "ListBucketResult",
            [
                DocumentElement("Name", text: target.bucket ?? ""),
                page.element("Prefix", page.prefix), page.element("Marker", marker ?? ""),
                list.isTruncated ? page.element("NextMarker", list.last ?? "") : nil,
                DocumentElement("MaxKeys", text: String(page.limit)),
                page.delimiter.map { page.element("Delimiter", $0) }, page.encodingElement,
                DocumentElement("IsTruncated", text: String(list.isTruncated)),
            ] + list.objects.map { contents($0, page, ownerOf: true) } + page.commonPrefixes(list.prefixes))
        return try answer(root)
    }

    /// ListObjectsV2.
    func listObjectsV2() async throws(S3Error) -> S3Answer {
        let page = try ListingPage(query)
        let token = try query.single("continuation-token")
        let startAfter = try query.single("start-after")
        var continuation: ListContinuation?
        if let token { continuation = try ContinuationToken.decoded(token) }
        let list = try await list(page, startAfter: startAfter, continuation)
        let showsOwner = try query.single("fetch-owner")?.lowercased() == "true"
        let root = DocumentElement.root(
            "ListBucketResult",
            [
                DocumentElement("Name", text: target.bucket ?? ""),
                page.element("Prefix", page.prefix),
                page.delimiter.map { page.element("Delimiter", $0) },
                startAfter.map { page.element("StartAfter", $0) }, page.encodingElement,
                .optional("ContinuationToken", token),
                .optional("NextContinuationToken", list.continuation.map(ContinuationToken.encoded)),
                DocumentElement("KeyCount", text: String(list.objects.count + list.prefixes.count)),
                DocumentElement("MaxKeys", text: String(page.limit)),
                DocumentElement("IsTruncated", text: String(list.isTruncated)),
            ] + list.objects.map { contents($0, page, ownerOf: showsOwner) } + page.commonPrefixes(list.prefixes))
        return try answer(root)
    }

    // MARK: -

    private struct List {
        var objects: [ObjectInfo] = []
        var prefixes: [String] = []
        var continuation: ListContinuation?
        var isTruncated: Bool { continuation != nil }
        /// The key or the prefix that the page ends with.
        var last: String?
    }

    private func list(
        _ page: ListingPage, startAfter: String?, _ continuation: ListContinuation?
    ) async throws(S3Error) -> List {
        let bucket = try bucket()
        var list = List()
        guard page.limit > 0 else {
            // A listing of nothing still says whether the bucket is there.
            _ = try await asking { () async throws(StoreError) in try await bucket.info() }
            return list
        }
        let options = ListOptions(
            prefix: page.prefix, delimiter: page.delimiter, startAfter: startAfter, limit: page.limit,
            continuation: continuation)
        let found = try await asking { () async throws(StoreError) in try await bucket.list(options) }
        try Self.checkSound(found.damaged)
        list.objects = found.objects
        list.prefixes = found.commonPrefixes
        list.continuation = found.continuation
        let keys = [found.objects.last?.key.rawValue, found.commonPrefixes.last].compactMap { $0 }
        list.last = keys.max { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return list
    }

    /// A listing that left out what it cannot read would look whole: better none.
    static func checkSound(_ damaged: [DamagedObject]) throws(S3Error) {
        guard let first = damaged.first else { return }
        throw S3Error(
            500, "InternalError", "The listing holds \(damaged.count) objects that are damaged; verify the store.",
            cause: StoreError(.damaged, first.reason))
    }

    private func contents(_ info: ObjectInfo, _ page: ListingPage, ownerOf showsOwner: Bool) -> DocumentElement {
        DocumentElement(
            "Contents",
            [
                page.element("Key", info.key.rawValue),
                DocumentElement("LastModified", text: TimeText.document(info.lastModified)),
                DocumentElement("ETag", text: info.etag.quotedETag),
                DocumentElement("Size", text: String(info.sizeBytes)),
                showsOwner ? owner() : nil,
                DocumentElement("StorageClass", text: info.storageClass.rawValue),
            ].compactMap { $0 } + info.checksums.kindElements)
    }

    /// The account that owns all buckets and objects.
    func owner(_ name: String = "Owner") -> DocumentElement {
        DocumentElement(
            name,
            [
                DocumentElement("ID", text: settings.canonicalAccount),
                DocumentElement("DisplayName", text: settings.account),
            ])
    }
}
