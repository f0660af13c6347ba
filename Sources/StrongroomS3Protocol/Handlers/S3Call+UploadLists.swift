internal import Strongroom

extension S3Call {
    /// ListParts.
    func listParts() async throws(S3Error) -> S3Answer {
        let (bucket, key, upload) = (try bucket(), try key(), try upload())
        let after = try query.number("part-number-marker", in: 0...Int(Int32.max)) ?? 0
        let wanted = try query.number("max-parts", in: 0...Int(Int32.max)) ?? ListOptions.limitMaximum
        let limit = min(wanted, ListOptions.limitMaximum)
        let page = try ListingPage(query)
        let info = try await asking { () async throws(StoreError) in try await bucket.upload(key, upload) }
        var found = try await asking { () async throws(StoreError) in
            try await bucket.listParts(key, upload, after: after, limit: max(limit, 1))
        }
        if limit == 0 { (found.parts, found.next) = ([], nil) }
        var headers = AnswerHeaders()
        await setAbortion(of: info, in: bucket, &headers)
        return try answer(
            .root(
                "ListPartsResult",
                [
                    DocumentElement("Bucket", text: target.bucket ?? ""), page.element("Key", key.rawValue),
                    DocumentElement("UploadId", text: upload.description), owner("Initiator"), owner(),
                    DocumentElement("StorageClass", text: info.storageClass.rawValue),
                    DocumentElement("PartNumberMarker", text: String(after)),
                    found.next.map { DocumentElement("NextPartNumberMarker", text: String($0)) },
                    DocumentElement("MaxParts", text: String(limit)), page.encodingElement,
                    DocumentElement("IsTruncated", text: String(found.next != nil)),
                ] + info.checksumElements + found.parts.map(Self.element)), headers: headers)
    }

    /// ListMultipartUploads.
    func listMultipartUploads() async throws(S3Error) -> S3Answer {
        let page = try ListingPage(query, limit: "max-uploads")
        let keyMarker = try query.single("key-marker")
        let uploadMarker = try query.single("upload-id-marker")
        let list = try await uploads(page, keyMarker, uploadMarker)
        return try answer(
            .root(
                "ListMultipartUploadsResult",
                [
                    DocumentElement("Bucket", text: target.bucket ?? ""),
                    page.element("KeyMarker", keyMarker ?? ""),
                    DocumentElement("UploadIdMarker", text: uploadMarker ?? ""),
                    list.next.map { page.element("NextKeyMarker", $0.key) },
                    list.next.map { DocumentElement("NextUploadIdMarker", text: $0.upload) },
                    page.delimiter.map { page.element("Delimiter", $0) }, page.element("Prefix", page.prefix),
                    page.encodingElement, DocumentElement("MaxUploads", text: String(page.limit)),
                    DocumentElement("IsTruncated", text: String(list.next != nil)),
                ] + list.uploads.map { element($0, page) } + page.commonPrefixes(list.prefixes)))
    }

    // MARK: -

    private static func element(_ part: PartInfo) -> DocumentElement {
        DocumentElement(
            "Part",
            [
                DocumentElement("PartNumber", text: String(part.number)),
                DocumentElement("LastModified", text: TimeText.document(part.lastModified)),
                DocumentElement("ETag", text: part.etag.quotedETag),
                DocumentElement("Size", text: String(part.sizeBytes)),
            ] + part.checksums.map { DocumentElement("Checksum" + $0.algorithm.description, text: $0.base64) })
    }

    private func element(_ upload: UploadInfo, _ page: ListingPage) -> DocumentElement {
        DocumentElement(
            "Upload",
            [
                page.element("Key", upload.key.rawValue), DocumentElement("UploadId", text: upload.id.description),
                owner("Initiator"), owner(),
                DocumentElement("StorageClass", text: upload.storageClass.rawValue),
                DocumentElement("Initiated", text: TimeText.document(upload.initiated)),
            ] + upload.checksumElements)
    }

    private struct UploadList {
        var uploads: [UploadInfo] = []
        var prefixes: [String] = []
        var next: (key: String, upload: String)?
    }

    /// Rolls keys up into common prefixes, and goes on until the page is full or the bucket is done.
    private func uploads(
        _ page: ListingPage, _ keyMarker: String?, _ uploadMarker: String?
    ) async throws(S3Error) -> UploadList {
        let bucket = try bucket()
        var list = UploadList()
        var after = try await continuation(bucket, keyMarker, uploadMarker)
        guard page.limit > 0 else { return list }
        var last: UploadInfo?
        while true {
            let found = try await asking { [after] () async throws(StoreError) in
                try await bucket.listUploads(prefix: page.prefix, after: after)
            }
            for upload in found.uploads {
                let prefix = page.commonPrefix(of: upload.key.rawValue)
                let isKnown = prefix.map { list.prefixes.last?.utf8.elementsEqual($0.utf8) == true } ?? false
                if !isKnown, list.uploads.count + list.prefixes.count == page.limit {
                    list.next = last.map { ($0.key.rawValue, $0.id.description) }
                    return list
                }
                last = upload
                if isKnown { continue }
                if let prefix { list.prefixes.append(prefix) } else { list.uploads.append(upload) }
            }
            guard let next = found.next else { return list }
            after = next
        }
    }

    private func continuation(
        _ bucket: Bucket, _ keyMarker: String?, _ uploadMarker: String?
    ) async throws(S3Error) -> UploadContinuation? {
        guard let keyMarker, !keyMarker.isEmpty else { return nil }
        let key = try RequestTarget.objectKey(keyMarker)
        return try await asking { () async throws(StoreError) in
            guard let uploadMarker, !uploadMarker.isEmpty else { return try bucket.uploadContinuation(behind: key) }
            return try bucket.uploadContinuation(behind: key, try UploadID(uploadMarker))
        }
    }
}

extension UploadInfo {
    fileprivate var checksumElements: [DocumentElement] {
        guard let algorithm = checksums.first else { return [] }
        return [
            DocumentElement("ChecksumAlgorithm", text: algorithm.description),
            DocumentElement("ChecksumType", text: compositeChecksums.isEmpty ? "FULL_OBJECT" : "COMPOSITE"),
        ]
    }
}
