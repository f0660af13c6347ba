internal import Strongroom
internal import StrongroomCrypto

/// Keys of the client's own (SSE-C), taken out of a request's headers before anything else looks at them.
struct CustomerKeyHeaders: Sendable {
    /// The headers of one key: the object's, or the one of a copy's source.
    struct Fields: Sendable {
        var algorithm: String?
        /// The header's bytes, base64; in locked memory.
        var key: SharedSecret?
        var md5: String?

        var isEmpty: Bool { algorithm == nil && key == nil && md5 == nil }
    }

    var object = Fields()
    var source = Fields()

    static let prefix = "x-amz-server-side-encryption-customer-"
    static let sourcePrefix = "x-amz-copy-source-server-side-encryption-customer-"

    /// Takes the keys out of a request's headers.
    ///
    /// - Throws: `InvalidArgument` where one came more than once.
    init(taking headers: inout RequestHeaders) throws(S3Error) {
        object = try Self.take(Self.prefix, &headers)
        source = try Self.take(Self.sourcePrefix, &headers)
    }

    private static func take(_ prefix: String, _ headers: inout RequestHeaders) throws(S3Error) -> Fields {
        var fields = Fields()
        // Most requests have none, and are to pay for nothing more.
        guard headers.fields.contains(where: { $0.name.hasPrefix(prefix) }) else { return fields }
        fields.algorithm = try headers.single(prefix + "algorithm")
        fields.md5 = try headers.single(prefix + "key-md5")
        if let text = try headers.single(prefix + "key") {
            let digits = Array(text.utf8)
            do throws(SecretMemoryError) {
                // Safe: a UInt8 is raw bytes.
                fields.key = SharedSecret(try SecretBytes(copying: unsafe digits.span.bytes))
            } catch {
                throw .internalError(error)
            }
        }
        // Policies may ask for the algorithm; nothing needs the others any more.
        headers.remove(prefix + "key")
        headers.remove(prefix + "key-md5")
        return fields
    }

    /// The key that the request has for its object; nil where it has no such header.
    func key() throws(S3Error) -> CustomerKey? { try Self.key(object) }

    /// The key that the request has for a copy's source.
    func sourceKey() throws(S3Error) -> CustomerKey? { try Self.key(source) }

    // MARK: -

    private static func key(_ fields: Fields) throws(S3Error) -> CustomerKey? {
        if fields.isEmpty { return nil }
        guard let algorithm = fields.algorithm else {
            throw refused(requests + "a valid encryption algorithm.")
        }
        guard algorithm == "AES256" else {
            // What is as long as a key may be one, in the wrong header.
            let value = algorithm.utf8.count <= 16 ? algorithm : ""
            throw S3Error(
                400, "InvalidEncryptionAlgorithmError",
                "The Encryption request you specified is not valid. Supported value: AES256.",
                details: [
                    .init(name: "ArgumentName", value: argumentName), .init(name: "ArgumentValue", value: value),
                ])
        }
        guard let encoded = fields.key else {
            throw refused(requests + "an appropriate secret key.")
        }
        guard let md5 = fields.md5 else {
            throw refused(requests + "the client calculated MD5 of the secret key.")
        }
        return try key(encoded, md5: md5)
    }

    private static let requests =
        "Requests specifying Server Side Encryption with Customer provided keys must provide "
    private static let argumentName = "x-amz-server-side-encryption"

    private static func key(_ encoded: SharedSecret, md5: String) throws(S3Error) -> CustomerKey {
        let mismatch = refused("The calculated MD5 hash of the key did not match the hash that was provided.")
        guard let secret = try decode(encoded) else {
            throw refused("The secret key was invalid for the specified algorithm.")
        }
        guard let md5 = PaddedBase64.decode(md5), md5.count == 16 else { throw mismatch }
        do throws(StoreError) {
            return try CustomerKey(secret, md5: md5)
        } catch {
            throw mismatch
        }
    }

    /// Nil where it is no base64 of a key's length.
    private static func decode(_ encoded: SharedSecret) throws(S3Error) -> SharedSecret? {
        do throws(SecretMemoryError) {
            guard let bytes = try SecretBase64.decode(encoded.bytes, count: CustomerKey.sizeBytes) else { return nil }
            return SharedSecret(bytes)
        } catch {
            throw .internalError(error)
        }
    }

    private static func refused(_ message: String) -> S3Error { .invalidArgument(message, name: argumentName) }
}
