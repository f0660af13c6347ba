internal import Strongroom

/// What browsers ask of a bucket before they let a page of another origin have its objects (Fetch Standard, "CORS
/// protocol"; Amazon S3 User Guide, "Using cross-origin resource sharing").
enum CrossOrigin {
    /// Answers a preflight request, which is signed by nobody.
    static func preflight(
        _ headers: RequestHeaders, _ target: RequestTarget, _ access: BucketAccessReader
    ) async throws(S3Error) -> S3Answer {
        guard let origin = try headers.single("origin"),
            let method = try headers.single("access-control-request-method")
        else {
            throw S3Error(
                400, "BadRequest", "Insufficient information. Origin request header needed.")
        }
        let wanted = headers.values("access-control-request-headers")
            .flatMap { $0.split(separator: ",") }.map(\.trimmingBlanks).filter { !$0.isEmpty }
        guard let document = try await access.crossOrigin(target.bucket) else {
            throw S3Error(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
        }
        guard let rule = document.rule(origin: origin, method: method, headers: wanted) else {
            throw S3Error(
                403, "AccessForbidden",
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
                    + "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by "
                    + "the resource's CORS spec.")
        }
        var answer = S3Answer(200)
        mark(&answer, rule, origin)
        answer.headers.set("access-control-allow-methods", rule.allowedMethods.joined(separator: ", "))
        if !wanted.isEmpty {
            answer.headers.set("access-control-allow-headers", wanted.map { $0.lowercased() }.joined(separator: ", "))
        }
        answer.headers.set("access-control-max-age", rule.maximumAgeSeconds.map(String.init))
        return answer
    }

    /// Says in an answer which pages may have it. What was asked for is done already: where the bucket's rules cannot
    /// be read, no page may, and the answer is what it is.
    static func mark(
        _ answer: inout S3Answer, _ headers: RequestHeaders, _ method: String, _ target: RequestTarget,
        _ access: BucketAccessReader
    ) async {
        guard let origin = headers.values("origin").first,
            let rule = try? await access.crossOrigin(target.bucket)?.rule(origin: origin, method: method, headers: [])
        else { return }
        mark(&answer, rule, origin)
    }

    private static func mark(_ answer: inout S3Answer, _ rule: CrossOriginDocument.Rule, _ origin: String) {
        let isForAll = rule.allowedOrigins.contains("*")
        answer.headers.set("access-control-allow-origin", isForAll ? "*" : origin)
        if !isForAll { answer.headers.set("access-control-allow-credentials", "true") }
        if !rule.exposedHeaders.isEmpty {
            answer.headers.set("access-control-expose-headers", rule.exposedHeaders.joined(separator: ", "))
        }
        answer.headers.set("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
    }
}

extension S3Call {
    /// GetBucketCors.
    func getBucketCors() async throws(S3Error) -> S3Answer {
        guard let bytes = try await document(.crossOrigin) else {
            throw S3Error(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
        }
        var headers = AnswerHeaders()
        headers.set("content-type", "application/xml")
        return S3Answer(200, headers: headers, body: .bytes(bytes))
    }

    /// PutBucketCors. What is kept is the document as it was understood.
    func putBucketCors() async throws(S3Error) -> S3Answer {
        var root = try await document(root: "CORSConfiguration")
        _ = try CrossOriginDocument(root)
        root.attributes = [.init(name: "xmlns", value: DocumentElement.namespace)]
        try await setDocument(try DocumentWriter.bytes(root), .crossOrigin)
        return S3Answer(200)
    }

    /// DeleteBucketCors.
    func deleteBucketCors() async throws(S3Error) -> S3Answer {
        try await setDocument(nil, .crossOrigin)
        return S3Answer(204)
    }
}
