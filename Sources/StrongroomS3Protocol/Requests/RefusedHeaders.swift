/// Headers of S3's service model that ask for what this server does not do. A header is acted on or refused: a client
/// that is told of a success relies on all it has asked for.
enum RefusedHeaders {
    static let names: Set<String> = [
        "x-amz-bucket-namespace", "x-amz-bucket-object-lock-token", "x-amz-create-session-mode",
        "x-amz-if-match-initiated-time", "x-amz-object-lock-event-hold", "x-amz-object-lock-event-hold-duration-days",
        "x-amz-object-lock-event-hold-duration-years", "x-amz-object-annotation-directive", "x-amz-restore-output-path",
        "x-amz-website-redirect-location", "x-amz-write-offset-bytes",
    ]

    /// Whom a client takes for the owner of a bucket: of the request's, and of a copy's source.
    private static let owners = ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"]

    /// - Parameter account: to whom all buckets belong.
    /// - Throws: `NotImplemented`; `AccessDenied` where the client expects another owner.
    static func check(_ headers: RequestHeaders, account: String) throws(S3Error) {
        for field in headers.fields where names.contains(field.name) { throw .notImplemented(field.name) }
        for name in owners {
            guard let owner = try headers.single(name) else { continue }
            guard owner == account else { throw .accessDenied() }
        }
    }
}
