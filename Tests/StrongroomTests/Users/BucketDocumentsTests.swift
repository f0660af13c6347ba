import Testing

@testable import Strongroom

/// The memory of documents alone: it never tells what is older than what it was told, in whatever order that was.
@Suite("Memory of documents")
struct BucketDocumentsTests {
    private static let kinds: [BucketDocumentKind] = [.policy, .crossOrigin, .tagging]

    /// What a bucket's documents were after each commit.
    private struct History {
        var states: [[BucketDocumentKind: BucketDocuments.Document]] = [[:]]

        mutating func commit(_ kind: BucketDocumentKind, _ document: BucketDocuments.Document) {
            var state = states[states.count - 1]
            state[kind] = document == .absent ? nil : document
            states.append(state)
        }

        var lsn: UInt64 { UInt64(states.count - 1) }
    }

    private enum Notice {
        case commit(BucketDocumentKind, BucketDocuments.Document, UInt64)
        case look([BucketDocumentKind: BucketDocuments.Document], UInt64)

        func tell(_ memory: BucketDocuments, _ uid: [UInt8]) {
            switch self {
            case .commit(let kind, let document, let lsn): memory.note(document, kind, of: uid, lsn: lsn)
            case .look(let found, let lsn): memory.note(found, of: uid, lsn: lsn)
            }
        }
    }

    @Test("Once every commit was told, it tells the newest or nothing", arguments: UInt64(0)..<200)
    func neverStale(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // Small enough to forget everything now and then.
        let memory = BucketDocuments(limitBytes: seed.isMultiple(of: 2) ? 1 << 20 : 2_200)
        let uids = [[UInt8(1)], [2], [3]]
        var histories = [History](repeating: History(), count: uids.count)
        for _ in 0..<30 {
            let index = Int.random(in: 0..<uids.count, using: &generator)
            var notices: [Notice] = []
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                // LSNs are the store's: what other buckets do counts, too.
                for other in uids.indices where other != index {
                    histories[other].states.append(histories[other].states[histories[other].states.count - 1])
                }
                let kind = Self.kinds.randomElement(using: &generator)!
                let size = Int.random(in: 0..<300, using: &generator)
                let document: BucketDocuments.Document =
                    Bool.random(using: &generator) ? .absent : .bytes(generator.bytes(size))
                histories[index].commit(kind, document)
                notices.append(.commit(kind, document, histories[index].lsn))
                let lookAt = Int.random(in: 0..<histories[index].states.count, using: &generator)
                notices.append(.look(histories[index].states[lookAt], UInt64(lookAt)))
            }
            for notice in notices.shuffled(using: &generator) { notice.tell(memory, uids[index]) }
            for (other, uid) in uids.enumerated() {
                for kind in Self.kinds {
                    guard let told = memory.document(kind, of: uid) else { continue }
                    #expect(told == histories[other].states.last?[kind] ?? .absent)
                }
            }
        }
    }

    /// Each request to a bucket with rules read and checked all of them anew, a thousand where there were so many.
    @Test("Rules that were read are kept beside their bytes, and other bytes have others")
    func lifecycle() throws {
        let memory = BucketDocuments()
        let rules = try LifecycleConfiguration([LifecycleRule(id: "a", expiration: .days(1))])
        // Of a bucket that is not known nothing is kept.
        memory.note(rules, readFrom: [7], of: [1])
        #expect(memory.lifecycle(readFrom: [7], of: [1]) == nil)
        memory.note(.bytes([7]), .lifecycle, of: [1], lsn: 1)
        memory.note(rules, readFrom: [7], of: [1])
        #expect(memory.lifecycle(readFrom: [7], of: [1]) == rules)
        #expect(memory.lifecycle(readFrom: [8], of: [1]) == nil && memory.lifecycle(readFrom: [7], of: [2]) == nil)
        memory.forget([1])
        #expect(memory.lifecycle(readFrom: [7], of: [1]) == nil)
        // It counts against what may be kept.
        let small = BucketDocuments(limitBytes: 4_000)
        let bytes = [UInt8](repeating: 7, count: 1_000)
        small.note(.bytes(bytes), .lifecycle, of: [1], lsn: 1)
        #expect(small.document(.lifecycle, of: [1]) == .bytes(bytes))
        small.note(rules, readFrom: bytes, of: [1])
        #expect(small.document(.lifecycle, of: [1]) == nil && small.lifecycle(readFrom: bytes, of: [1]) == nil)
    }

    @Test("A bucket tells its rules from memory, and new ones at once")
    func rules() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket")
        let uid = try memory.engine.bucket("bucket").row.uid
        for days in [1, 2] {
            let rules = try LifecycleConfiguration([LifecycleRule(id: "a", expiration: .days(days))])
            try await bucket.setLifecycle(rules)
            for _ in 0..<2 { #expect(try await bucket.lifecycle() == rules) }
            let document = LifecycleEncoding.encoded(rules)
            #expect(memory.engine.bucketDocuments.lifecycle(readFrom: document, of: uid) == rules)
        }
        try await bucket.setLifecycle(nil)
        #expect(try await bucket.lifecycle() == nil)
    }

    @Test("A look is remembered, and what it did not find is not there")
    func remembers() {
        let memory = BucketDocuments()
        #expect(memory.document(.policy, of: [1]) == nil)
        memory.note(.bytes([7]), .policy, of: [1], lsn: 5)
        #expect(memory.document(.policy, of: [1]) == .bytes([7]))
        #expect(memory.document(.tagging, of: [1]) == nil)
        memory.note([.tagging: .bytes([8])], of: [1], lsn: 4)
        #expect(memory.document(.policy, of: [1]) == .bytes([7]))
        #expect(memory.document(.tagging, of: [1]) == .bytes([8]))
        #expect(memory.document(.lifecycle, of: [1]) == .absent)
        memory.forget([1])
        #expect(memory.document(.policy, of: [1]) == nil)
    }
}
