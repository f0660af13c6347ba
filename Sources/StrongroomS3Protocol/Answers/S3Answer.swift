package import Strongroom
package import StrongroomCrypto

/// What a request is answered with.
package struct S3Answer: Sendable {
    package enum Body: Sendable {
        case none
        /// In memory: documents, and small objects.
        case bytes([UInt8])
        /// In locked memory: documents with a secret.
        case secret(SharedSecret)
        /// Opened as it is sent, at the client's pace.
        case object(ObjectBody)
    }

    /// The HTTP status.
    package var status: Int
    package var headers: AnswerHeaders
    package var body: Body

    init(_ status: Int = 200, headers: AnswerHeaders = AnswerHeaders(), body: Body = .none) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// How many bytes the body has.
    package var lengthBytes: UInt64 {
        switch body {
        case .none: 0
        case .bytes(let bytes): UInt64(bytes.count)
        case .secret(let secret): UInt64(secret.bytes.count)
        case .object(let body): body.lengthBytes
        }
    }
}

/// Headers of an answer, in the order in which they were set.
package struct AnswerHeaders: Sendable {
    package private(set) var fields: [(name: String, value: String)] = []

    /// Nothing is set where there is no value.
    mutating func set(_ name: String, _ value: String?) {
        guard let value else { return }
        fields.removeAll { $0.name == name }
        fields.append((name, value))
    }
}
