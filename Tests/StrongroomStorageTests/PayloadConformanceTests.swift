import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// What every pair of stores promises about payloads, whichever home they have.
@Suite struct PayloadConformanceTests {
    /// Around the borders between homes and between pieces of a blob.
    static let lengths = [0, 1, 511, 512, 513, 4096, 100_000]

    @Test(arguments: StoreKind.allCases)
    func attachmentsComeBack(kind: StoreKind) async throws {
        let store = try await kind.open()
        for length in Self.lengths {
            try await store.metadata.put(
                key(length), bytes("row"), .attachment(0), attachments: [payload(length)])
        }
        for round in 0..<2 {
            for length in Self.lengths {
                #expect(try await store.payload(key(length)) == payload(length), "length \(length), round \(round)")
                #expect(try await store.metadata.value(key(length)) == bytes("row"))
            }
            try await store.settle()
        }
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func oneCommitCarriesSeveralPayloads(kind: StoreKind) async throws {
        let store = try await kind.open()
        try await store.metadata.commit(
            [
                RowMutation(key: key("a"), change: .put(value: [], payload: .attachment(2))),
                RowMutation(key: key("b"), change: .put(value: [], payload: .attachment(0))),
                RowMutation(key: key("c"), change: .put(value: [], payload: .attachment(1))),
                RowMutation(key: key("d"), change: .put(value: [], payload: .attachment(2))),
            ],
            attachments: [payload(700, seed: 1), payload(20, seed: 2), payload(9000, seed: 3)])
        try await store.settle()
        #expect(try await store.payload(key("a")) == payload(9000, seed: 3))
        #expect(try await store.payload(key("b")) == payload(700, seed: 1))
        #expect(try await store.payload(key("c")) == payload(20, seed: 2))
        #expect(try await store.payload(key("d")) == payload(9000, seed: 3))
        try await store.close()
    }

    /// Tagging rewrites a row in place, versioning moves it aside: the payload goes with it.
    @Test(arguments: StoreKind.allCases)
    func payloadsMoveWithTheirRows(kind: StoreKind) async throws {
        let store = try await kind.open()
        for length in [20, 5000] {
            try await store.metadata.put(key(length), [], .attachment(0), attachments: [payload(length)])
        }
        try await store.putBlob(key("blob"), payload(7000))
        for round in 0..<3 {
            for name in ["20", "5000", "blob"] {
                let source = key(round == 0 ? name : "\(name) moved \(round - 1)")
                let target = key("\(name) moved \(round)")
                try await store.metadata.commit(
                    [
                        RowMutation(key: target, change: .put(value: bytes("moved"), payload: .sameAs(read: 0))),
                        RowMutation(key: source, change: .delete),
                    ], reads: [source, target])
            }
            if round == 1 { try await store.settle() }
        }
        try await store.settle()
        #expect(try await store.payload(key("20 moved 2")) == payload(20))
        #expect(try await store.payload(key("5000 moved 2")) == payload(5000))
        #expect(try await store.payload(key("blob moved 2")) == payload(7000))
        #expect(try store.blobCount() == 1)
        #expect(try await store.metadata.keys().count == 3)
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func blobsComeBackByRange(kind: StoreKind) async throws {
        let store = try await kind.open()
        for length in [0, 1, 4095, 4096, (1 << 20) - 4096, 1 << 20, (3 << 20) + 17] {
            let content = payload(length)
            let (writer, blob) = try await store.blobs.finished(content)
            try await store.metadata.put(key("blob"), [], .blob(blob.reference))
            writer.leave()
            #expect(blob.reference.lengthBytes == UInt64(length))
            let reader = try await store.blobs.open(blob.reference, expecting: somePrelude)
            #expect(try await reader.read(at: 0, count: length) == content)
            let middle = length / 2
            #expect(try await reader.read(at: UInt64(middle), count: length - middle) == Array(content[middle...]))
            await #expect(throws: StorageError.self) { _ = try await reader.read(at: UInt64(length), count: 1) }
            await #expect(throws: StorageError.self) { _ = try await reader.read(at: 0, count: length + 1) }
        }
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func anotherObjectsBlobIsRefused(kind: StoreKind) async throws {
        let store = try await kind.open()
        let blob = try await store.putBlob(key("blob"), payload(100))
        let other = BlobPrelude(
            objectUID: [UInt8](repeating: 4, count: 16), partUID: somePrelude.partUID, suite: somePrelude.suite)
        let error = await #expect(throws: StorageError.self) {
            _ = try await store.blobs.open(blob.reference, expecting: other)
        }
        #expect(error?.code == .corrupted)
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func replacedAndDeletedBlobsAreFreed(kind: StoreKind) async throws {
        let store = try await kind.open()
        for name in ["kept", "replaced", "deleted", "replaced by nothing"] {
            try await store.putBlob(key(name), payload(3000))
        }
        try await store.settle()
        #expect(try store.blobCount() == 4)
        try await store.putBlob(key("replaced"), payload(3000, seed: 2))
        try await store.metadata.delete(key("deleted"))
        try await store.metadata.put(key("replaced by nothing"), [])
        try await store.settle()
        if kind != .embedded { #expect(try store.blobCount() == 2) }
        #expect(try await store.payload(key("kept")) == payload(3000))
        #expect(try await store.payload(key("replaced")) == payload(3000, seed: 2))
        try await store.close()
    }

    @Test(arguments: StoreKind.allCases)
    func abortedBlobsLeaveNothing(kind: StoreKind) async throws {
        let store = try await kind.open()
        let unfinished = try await store.blobs.create(somePrelude)
        try await unfinished.append(payload(2 << 20))
        await unfinished.abort()
        let (finished, blob) = try await store.blobs.finished(payload(10))
        await finished.abort()
        #expect(try store.blobCount() == 0)
        await #expect(throws: StorageError.self) {
            _ = try await store.blobs.open(blob.reference, expecting: somePrelude)
        }
        try await store.close()
    }

    /// A reader that was opened under a pinned row reads on after the row is gone.
    @Test(arguments: StoreKind.allCases)
    func openReadersOutliveDeletion(kind: StoreKind) async throws {
        let store = try await kind.open()
        let blob = try await store.putBlob(key("blob"), payload(5000))
        let reader = try await store.blobs.open(blob.reference, expecting: somePrelude)
        try await store.metadata.delete(key("blob"))
        try await store.settle()
        #expect(try await reader.read(at: 100, count: 10) == Array(payload(5000)[100..<110]))
        try await store.close()
    }

    /// Between the look at a row and the opening of its blob, another task may delete both.
    @Test(arguments: StoreKind.allCases)
    func pinnedBlobsCanBeOpenedAfterDeletion(kind: StoreKind) async throws {
        let store = try await kind.open()
        let blob = try await store.putBlob(key("blob"), payload(5000))
        do {
            let first = try #require(try await store.metadata.pinnedRow(key("blob")))
            let second = try #require(try await store.metadata.pinnedRow(key("blob")))
            try await store.metadata.delete(key("blob"))
            try await store.settle()
            let reader = try await store.blobs.open(blob.reference, expecting: somePrelude)
            #expect(try await reader.read(at: 0, count: 5000) == payload(5000))
            withExtendedLifetime((first, second)) {}
        }
        try await store.settle()
        if kind != .embedded { #expect(try store.blobCount() == 0) }
        try await store.close()
    }
}
