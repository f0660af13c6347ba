internal import Synchronization

/// Documents of buckets that were read already, by their bytes: whoever changes one gives it others.
final class KnownDocuments<Document: Sendable>: Sendable {
    private struct Known {
        var documents: [[UInt8]: Document] = [:]
        var sizeBytes = 0
    }

    private let known = Mutex(Known())
    private let limitBytes: Int

    /// - Parameter limitBytes: of their bytes; at more than that all are forgotten at once.
    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// - Parameter read: makes a document of bytes that are not known; what it throws is not kept.
    func document<Failure>(
        _ bytes: [UInt8], _ read: ([UInt8]) throws(Failure) -> Document
    ) throws(Failure) -> Document {
        if let document = known.withLock({ $0.documents[bytes] }) { return document }
        let document = try read(bytes)
        known.withLock { known in
            if known.sizeBytes >= limitBytes { known = Known() }
            if known.documents.updateValue(document, forKey: bytes) == nil { known.sizeBytes += bytes.count }
        }
        return document
    }
}
