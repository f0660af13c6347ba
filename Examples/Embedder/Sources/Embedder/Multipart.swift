import Strongroom

/// The code of “Multipart uploads”.
enum Multipart {
    static func article(_ store: Store) async throws {
        let videos = try await store.createBucket("videos")
        let pieces = [[UInt8](repeating: 1, count: 5 << 20), [UInt8](repeating: 2, count: 100)]
        // MultipartUploads
        let upload = try await videos.createUpload("talk.mp4", options: PutOptions(contentType: "video/mp4"))
        let parts = try await withThrowingTaskGroup(of: PartInfo.self) { group in
            for (index, piece) in pieces.enumerated() {
                group.addTask { try await videos.uploadPart(index + 1, of: "talk.mp4", upload.id, piece) }
            }
            var stored: [PartInfo] = []
            for try await part in group { stored.append(part) }
            return stored.sorted { $0.number < $1.number }
        }
        try await videos.completeUpload("talk.mp4", upload.id, parts: parts.map(CompletedPart.init))
        // MultipartUploads
        let talk = try await videos.head("talk.mp4")
        precondition(talk.sizeBytes == (5 << 20) + 100 && talk.contentType == "video/mp4")
        // MultipartUploads
        let second = try await videos.get("talk.mp4", part: 2)
        print("bytes \(second.range), one of \(second.info.partCount ?? 1) parts")
        // MultipartUploads
        precondition(second.lengthBytes == 100)
    }
}
