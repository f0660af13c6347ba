import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension MetadataStore {
    /// Commits changes that depend on nothing.
    @discardableResult
    func commit(
        _ mutations: [RowMutation], reads: [[UInt8]] = [], attachments: [[UInt8]] = []
    ) async throws -> CommitReceipt {
        let outcome: CommitOutcome<TestRefusal> = try await commit(
            reads: reads, attachments: attachments, decide: { _ in .commit(mutations) })
        guard case .committed(let receipt) = outcome else { throw TestRefusal.missing }
        return receipt
    }

    @discardableResult
    func put(_ key: [UInt8], _ value: [UInt8], _ payload: PayloadSource = .none, attachments: [[UInt8]] = [])
        async throws -> CommitReceipt
    {
        try await commit(
            [RowMutation(key: key, change: .put(value: value, payload: payload))], reads: [key],
            attachments: attachments)
    }

    @discardableResult
    func delete(_ key: [UInt8]) async throws -> CommitReceipt {
        try await commit([RowMutation(key: key, change: .delete)], reads: [key])
    }

    func value(_ key: [UInt8]) async throws -> [UInt8]? { try await pinnedRow(key)?.row.value }

    /// All rows of a range, as one snapshot has them.
    func rows(from lowerBound: [UInt8] = [], to upperBound: [UInt8]? = nil) async throws -> [[UInt8]: StoredRow] {
        try await read { snapshot throws(StorageError) in
            var rows: [[UInt8]: StoredRow] = [:]
            try snapshot.scan(from: lowerBound, to: upperBound) { key, row in
                rows[key] = row
                return .next
            }
            return rows
        }
    }

    func keys(from lowerBound: [UInt8] = [], to upperBound: [UInt8]? = nil) async throws -> [[UInt8]] {
        try await read { snapshot throws(StorageError) in
            var keys: [[UInt8]] = []
            try snapshot.scan(from: lowerBound, to: upperBound) { key, _ in
                keys.append(key)
                return .next
            }
            return keys
        }
    }
}

extension BlobStore {
    /// A blob that is finished and waits for its commit.
    func finished(_ payload: [UInt8]) async throws -> (writer: any BlobWriter, blob: FinishedBlob) {
        let writer = try await create(somePrelude)
        for start in stride(from: 0, to: payload.count, by: 300_000) {
            try await writer.append(Array(payload[start..<min(start + 300_000, payload.count)]))
        }
        return (writer, try await writer.finish())
    }
}

extension StoreUnderTest {
    /// Puts a row whose payload is a blob.
    @discardableResult
    func putBlob(_ key: [UInt8], _ payload: [UInt8]) async throws -> FinishedBlob {
        let (writer, blob) = try await blobs.finished(payload)
        try await metadata.put(key, bytes("blob"), .blob(blob.reference))
        writer.leave()
        return blob
    }

    /// The payload of a row, wherever it lies.
    func payload(_ key: [UInt8]) async throws -> [UInt8]? {
        guard let pinned = try await metadata.pinnedRow(key) else { return nil }
        guard case .blob(let reference) = pinned.row.payload else { return try await pinned.payloadBytes() }
        let reader = try await blobs.open(reference, expecting: somePrelude)
        return try await reader.read(at: 0, count: Int(reference.lengthBytes))
    }
}
