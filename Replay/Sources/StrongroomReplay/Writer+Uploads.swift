import Strongroom

extension Writer {
    /// An upload in parts, which is completed, given up, or left.
    mutating func upload(_ place: Operation.Place) async throws {
        let (bucket, key) = (bucketName(place), key(place))
        var id: UploadID?
        try await perform([.createUpload(place)]) { store in
            let upload = try await store.bucket(bucket).createUpload(key)
            id = upload.id
            return Operation.Outcome(lsn: upload.lsn, names: [upload.id.description])
        }
        guard let upload = id else { preconditionFailure("an upload that was made has an id") }
        var (parts, whole): ([CompletedPart], [UInt8]) = ([], [])
        let count = Int.random(in: 1...3, using: &generator)
        for number in 1...count {
            // Only the last part may be empty: the store refuses an upload with another that is.
            let bytes = randomBytes(atLeast: number < count ? 1 : 0)
            whole += bytes
            try await perform([.putPart(place, upload: upload.description, number: number)]) { store in
                let part = try await store.bucket(bucket).uploadPart(number, of: key, upload, bytes)
                parts.append(CompletedPart(part))
                return Operation.Outcome(lsn: part.lsn, names: [part.etag])
            }
        }
        let isFull = (content.versions[place]?.count ?? 0) >= 4
        switch generator.next(upperBound: 8 as UInt64) {
        // A few stay open, as nobody comes back for them.
        case 0 where content.uploads.count < 3: return
        case _ where isFull, 1:
            try await perform([.abortUpload(place, upload: upload.description)]) { store in
                let receipt = try await store.bucket(bucket).abortUpload(key, upload)
                return Operation.Outcome(lsn: receipt.lsn, names: [nil])
            }
        default:
            try await perform([.completeUpload(place, upload: upload.description, Body(of: whole))]) { store in
                let receipt = try await store.bucket(bucket).completeUpload(key, upload, parts: parts)
                return Operation.Outcome(lsn: receipt.lsn, names: [receipt.versionID.description])
            }
        }
    }
}
