internal import StrongroomCrypto
internal import StrongroomKeys

/// What a request of the key service is answered with.
struct KeyServiceResult: Sendable {
    /// Nil: nothing at all.
    var members: [String: JSONValue]?
    /// The answer's member `Plaintext`.
    var plaintext: SharedSecret?

    static let empty = KeyServiceResult(members: nil)

    /// Members without a value are left out.
    init(_ members: [String: JSONValue?], plaintext: SharedSecret? = nil) {
        (self.members, self.plaintext) = (members.compactMapValues { $0 }, plaintext)
    }

    private init(members: [String: JSONValue]?) { self.members = members }

    func body() throws(KeyServiceRefusal) -> S3Answer.Body {
        guard let members else { return .none }
        let json = JSONValue.object(members).encoded()
        guard let plaintext else { return .bytes(json) }
        do throws(SecretMemoryError) {
            return .secret(try Self.adding(plaintext, to: json))
        } catch {
            throw .internalFailure(error)
        }
    }

    /// The object with a plaintext before its other members: in locked memory, the text of the plaintext, too.
    private static func adding(
        _ plaintext: SharedSecret, to json: [UInt8]
    ) throws(SecretMemoryError) -> SharedSecret {
        let digits = try SecretBase64.encode(plaintext.bytes)
        let head = Array(#"{"Plaintext":""#.utf8)
        let tail = Array(#"""#.utf8) + (json.count > 2 ? Array(",".utf8) : []) + json.dropFirst()
        let count = head.count + digits.count + tail.count
        return SharedSecret(
            try digits.withBytes { (digits) throws(SecretMemoryError) in
                try SecretBytes(count: count) { (room: inout MutableRawSpan) in
                    // Safe: a UInt8 is raw bytes.
                    room.overwrite(with: unsafe head.span.bytes)
                    room.overwrite(with: digits, at: head.count)
                    room.overwrite(with: unsafe tail.span.bytes, at: head.count + digits.byteCount)
                }
            })
    }
}
