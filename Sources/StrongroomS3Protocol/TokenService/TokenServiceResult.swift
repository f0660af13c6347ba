internal import Strongroom
internal import StrongroomCrypto

/// What a request of the token service is answered with.
struct TokenServiceResult: Sendable {
    /// The namespace of all that STS answers.
    static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    /// Stands in the document for the secret, which is put there in locked memory alone. Texts have no such brackets.
    private static let secretPlace = "<SecretAccessKey>?</SecretAccessKey>"

    private let elements: [DocumentElement]
    private let secret: SharedSecret?

    init(_ elements: [DocumentElement], secret: SharedSecret? = nil) {
        (self.elements, self.secret) = (elements, secret)
    }

    /// The element of credentials whose secret is ``init(_:secret:)``'s.
    static func credentials(_ made: NewSession) -> DocumentElement {
        let end = TimeText.iso8601(seconds: made.session.expiresMilliseconds / 1_000)
        return DocumentElement(
            "Credentials",
            [
                DocumentElement("AccessKeyId", text: made.session.id), DocumentElement("SecretAccessKey", text: "?"),
                DocumentElement("SessionToken", text: made.token), DocumentElement("Expiration", text: end),
            ])
    }

    func body(_ operation: String, requestID: String) throws(TokenServiceRefusal) -> S3Answer.Body {
        var root = DocumentElement(
            operation + "Response",
            [
                DocumentElement(operation + "Result", elements),
                DocumentElement("ResponseMetadata", [DocumentElement("RequestId", text: requestID)]),
            ])
        root.attributes = [.init(name: "xmlns", value: Self.namespace)]
        let document: [UInt8]
        do throws(S3Error) {
            document = try DocumentWriter.bytes(root)
        } catch {
            throw .internalFailure(error)
        }
        guard let secret else { return .bytes(document) }
        do throws(SecretMemoryError) {
            return .secret(try Self.putting(secret, into: document))
        } catch {
            throw .internalFailure(error)
        }
    }

    private static func putting(
        _ secret: SharedSecret, into document: [UInt8]
    ) throws(SecretMemoryError) -> SharedSecret {
        guard let element = document.firstRange(of: secretPlace.utf8) else {
            preconditionFailure("the document has no place for the secret")
        }
        let mark = secretPlace.utf8.prefix { $0 != UInt8(ascii: "?") }.count
        let head = Array(document[..<(element.lowerBound + mark)])
        let tail = Array(document[(element.lowerBound + mark + 1)...])
        return SharedSecret(
            try secret.bytes.withBytes { (digits) throws(SecretMemoryError) in
                try SecretBytes(count: head.count + digits.byteCount + tail.count) { (room: inout MutableRawSpan) in
                    // Safe: a UInt8 is raw bytes.
                    room.overwrite(with: unsafe head.span.bytes)
                    room.overwrite(with: digits, at: head.count)
                    room.overwrite(with: unsafe tail.span.bytes, at: head.count + digits.byteCount)
                }
            })
    }
}
