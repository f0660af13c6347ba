internal import Synchronization

/// The documents of buckets, in memory: a server asks for them with every request.
///
/// One process owns the store, so what was committed here is all there is. Commits and looks at the rows finish in any
/// order at their callers; the LSN decides what is newer. Where memory is short everything is forgotten, up to an LSN
/// from which on things are learned again: what is older might be older than what was forgotten.
final class BucketDocuments: Sendable {
    enum Document: Equatable, Sendable {
        case absent
        case bytes([UInt8])
        /// The row is not what was written.
        case damaged

        fileprivate var sizeBytes: Int { if case .bytes(let bytes) = self { bytes.count } else { 0 } }
    }

    private struct Known {
        /// Of the look at all rows of the bucket; nil before there was one.
        var lookLSN: UInt64?
        var documents: [BucketDocumentKind: (document: Document, lsn: UInt64)] = [:]
        /// The rules, and the bytes that they were read from.
        var lifecycle: (document: [UInt8], configuration: LifecycleConfiguration)?
    }

    private struct State {
        var buckets: [[UInt8]: Known] = [:]
        var sizeBytes = 0
        var newestLSN: UInt64 = 0
        var forgottenLSN: UInt64 = 0
    }

    /// What a bucket costs without documents, by a rough estimate.
    private static let bucketBytes = 512
    /// What rules cost once they are read, beside the bytes they were read from, by another.
    private static let readBytesPerByte = 4

    private let state = Mutex(State())
    private let limitBytes: Int

    init(limitBytes: Int = 64 << 20) { self.limitBytes = limitBytes }

    /// Nil where it is not known.
    func document(_ kind: BucketDocumentKind, of bucketUID: [UInt8]) -> Document? {
        state.withLock { state in
            guard let known = state.buckets[bucketUID] else { return nil }
            return known.documents[kind]?.document ?? (known.lookLSN == nil ? nil : .absent)
        }
    }

    /// Takes note of what a look at all rows of a bucket found.
    func note(_ found: [BucketDocumentKind: Document], of bucketUID: [UInt8], lsn: UInt64) {
        update(bucketUID, lsn) { known in
            if let before = known.lookLSN, before >= lsn { return }
            known.lookLSN = lsn
            known.documents = known.documents.filter { $0.value.lsn > lsn }
            for (kind, document) in found where known.documents[kind] == nil {
                known.documents[kind] = (document, lsn)
            }
        }
    }

    /// Takes note of what a commit made of a document.
    func note(_ document: Document, _ kind: BucketDocumentKind, of bucketUID: [UInt8], lsn: UInt64) {
        update(bucketUID, lsn) { known in
            if let look = known.lookLSN, look >= lsn { return }
            if let before = known.documents[kind], before.lsn >= lsn { return }
            known.documents[kind] = (document, lsn)
        }
    }

    /// What was read from these bytes before; nil where nothing was. Bytes that were told from here are known again by
    /// where they are, without a look at them.
    func lifecycle(readFrom document: [UInt8], of bucketUID: [UInt8]) -> LifecycleConfiguration? {
        state.withLock { state in
            guard let known = state.buckets[bucketUID]?.lifecycle, known.document == document else { return nil }
            return known.configuration
        }
    }

    /// Keeps what was read, until other rules are or everything is forgotten.
    func note(_ lifecycle: LifecycleConfiguration, readFrom document: [UInt8], of bucketUID: [UInt8]) {
        state.withLock { state in
            guard var known = state.buckets[bucketUID] else { return }
            state.sizeBytes -= Self.sizeBytes(known)
            known.lifecycle = (document, lifecycle)
            state.sizeBytes += Self.sizeBytes(known)
            state.buckets[bucketUID] = known
            forgetIfLarge(&state)
        }
    }

    /// A bucket that is gone: its uid never comes again.
    func forget(_ bucketUID: [UInt8]) {
        state.withLock { state in
            guard let known = state.buckets.removeValue(forKey: bucketUID) else { return }
            state.sizeBytes -= Self.sizeBytes(known)
        }
    }

    private func update(_ bucketUID: [UInt8], _ lsn: UInt64, _ change: (inout Known) -> Void) {
        state.withLock { state in
            guard lsn >= state.forgottenLSN else { return }
            state.newestLSN = max(state.newestLSN, lsn)
            let before = state.buckets[bucketUID]
            var known = before ?? Known()
            change(&known)
            state.sizeBytes += Self.sizeBytes(known) - (before.map(Self.sizeBytes) ?? 0)
            state.buckets[bucketUID] = known
            forgetIfLarge(&state)
        }
    }

    private func forgetIfLarge(_ state: inout State) {
        guard state.sizeBytes > limitBytes else { return }
        state.buckets.removeAll()
        state.sizeBytes = 0
        state.forgottenLSN = state.newestLSN
    }

    private static func sizeBytes(_ known: Known) -> Int {
        let read = (known.lifecycle?.document.count ?? 0) * readBytesPerByte
        return known.documents.values.reduce(bucketBytes + read) { $0 + $1.document.sizeBytes }
    }
}
