internal import Foundation
internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomSignature

extension S3Service {
    /// PostObject: the form is read up to its file, its policy is held against it, and the file is put.
    func post(
        _ request: S3Request, _ target: RequestTarget, _ log: inout RequestLog
    ) async throws(S3Error) -> S3Answer {
        let reader = try FormReader(request.headers, request.body)
        let list = try await reader.fields()
        var upload = try FormUpload(list, fileName: reader.fileName, request.headers)
        let outcome = try await authenticator.authenticate(form: upload.fields, nowMilliseconds: clock()) {
            (text: [UInt8]) throws(S3Error) in
            let policy = try FormPolicy(text)
            try policy.check(
                upload.fields, bucket: target.bucket ?? "",
                now: Date(timeIntervalSince1970: Double(clock()) / 1_000))
            upload.lengthBytes = policy.lengthBytes
        }
        log.user = outcome.identity.user?.logName
        try count(outcome.identity, request, &log)
        var target = target
        target.key = upload.key
        (log.target, log.operation) = (target, .putObject)
        var request = request
        request.headers = upload.headers
        let keys = try CustomerKeyHeaders(taking: &request.headers)
        try checkTransport(request, keys)
        let file = FormFileStream(FormFile(reader, upload.lengthBytes))
        request.body = RequestBodyStream { try await file.next() }
        var call = try await call(request, RequestQuery([]), target, .putObject, outcome, keys)
        call.payload.isOfUnknownLength = true
        try await call.authorize()
        try RefusedHeaders.check(request.headers, account: settings.account)
        let scheme = request.connection.isSecure ? "https" : "http"
        let location =
            "\(scheme)://\(request.headers.values("host").first ?? "")/\(target.bucket ?? "")/"
            + URIEncoding.encode(upload.key, keepsSlash: true)
        var answer = try upload.answer(try await call.putObject(), bucket: target.bucket ?? "", location: location)
        await CrossOrigin.mark(&answer, request.headers, "POST", target, access)
        return answer
    }
}

/// Hands the reader of a form to whoever stores its file.
@safe private final class FormFileStream: @unchecked Sendable {
    // Safe to share: one task reads at a time, each read after the one before.
    private let file: FormFile

    init(_ file: FormFile) { self.file = file }

    func next() async throws -> ArraySlice<UInt8>? { try await file.next() }
}
