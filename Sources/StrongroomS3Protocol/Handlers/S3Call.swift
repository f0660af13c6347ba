internal import Strongroom

/// One request on its way through the server: who makes it, what it asks for, and what it may do.
///
/// Handlers are extensions of it, a file for each group of operations. A handler asks for every permission it needs
/// before it does anything, and reads the body last.
struct S3Call: Sendable {
    var settings: S3Settings
    var request: S3Request
    var query: RequestQuery
    var target: RequestTarget
    var operation: S3Operation
    var identity: Identity
    var authorizer: Authorizer
    /// Acts on behalf of `identity`.
    var store: Store
    /// Keys of the client's own, which were taken out of the headers.
    var customerKeys: CustomerKeyHeaders
    var payload: RequestPayload
    var accessReader: BucketAccessReader
    /// When it came.
    var nowMilliseconds: Int64
    /// Whether the object is not there, and that is not to be told: every permission on it is refused.
    var conceals = false

    var headers: RequestHeaders { request.headers }

    /// The bucket, without its customer key.
    func bucket() throws(S3Error) -> Bucket { store.bucket(try target.bucketName()) }

    /// The bucket, presenting the customer key that the request has, if it has one.
    func presentingBucket() throws(S3Error) -> Bucket {
        guard let key = try customerKeys.key() else { return try bucket() }
        return try bucket().presenting(key)
    }

    func key() throws(S3Error) -> ObjectKey { try target.objectKey() }

    /// The version that the query names.
    func version() throws(S3Error) -> VersionID? {
        guard let text = try query.single("versionId") else { return nil }
        return try Self.version(text)
    }

    static func version(_ text: String) throws(S3Error) -> VersionID {
        do throws(StoreError) {
            return try VersionID(text)
        } catch {
            throw .invalidArgument("Invalid version id specified", name: "versionId", value: String(text.prefix(64)))
        }
    }

    /// The upload that the query names.
    func upload() throws(S3Error) -> UploadID {
        let text = try query.single("uploadId") ?? ""
        do throws(StoreError) {
            return try UploadID(text)
        } catch {
            throw S3Error(error)
        }
    }

    /// Asks the store, and says what it says in S3's words.
    func asking<Value>(_ body: () async throws(StoreError) -> Value) async throws(S3Error) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            throw S3Error(error).about(target, error.code)
        }
    }

    /// A permission on the object of the request.
    func check(object action: String) throws(S3Error) {
        try check(.object(action, target.bucket ?? "", target.key ?? ""))
    }

    /// The request's document.
    ///
    /// - Throws: `InvalidRequest` where nothing vouches for the body's integrity and S3 requires that.
    func document(
        root: String, limitBytes: Int = S3Settings.documentLimitBytes
    ) async throws(S3Error) -> DocumentElement {
        guard try BodyChecks(headers).isSomething else {
            throw .invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
        return try DocumentReader.read(try await collect(upTo: limitBytes), root: root)
    }

    /// All of the body, in memory.
    func collect(upTo limitBytes: Int = S3Settings.documentLimitBytes) async throws(S3Error) -> [UInt8] {
        try await payload.collect(upTo: limitBytes, verifying: try BodyChecks(headers))
    }

    /// An answer that is a document.
    func answer(_ root: DocumentElement, headers: AnswerHeaders = AnswerHeaders()) throws(S3Error) -> S3Answer {
        var headers = headers
        headers.set("content-type", "application/xml")
        return S3Answer(200, headers: headers, body: .bytes(try DocumentWriter.bytes(root)))
    }
}

extension S3Error {
    /// Says what of the request is not there.
    func about(_ target: RequestTarget, _ code: StoreError.Code) -> S3Error {
        var error = self
        switch code {
        case .noSuchBucket: error.details.append(Detail(name: "BucketName", value: target.bucket ?? ""))
        case .noSuchKey, .noSuchVersion: error.details.append(Detail(name: "Key", value: target.key ?? ""))
        default: break
        }
        return error
    }
}
