import StrongroomCrypto
import StrongroomSignature

@testable import StrongroomS3Protocol

extension S3Fixture {
    /// The query of a presigned URL for the host `localhost`, all values as they are to stand in it.
    func presigned(
        _ method: String, _ path: String, _ query: String = "", expires: String = "60",
        atMilliseconds: Int64 = now, headers: Headers = [("host", "localhost")], as signer: Signer? = nil
    ) throws -> String {
        let signer = signer ?? administrator
        let time = SigningTime(wallMilliseconds: atMilliseconds)
        let names = headers.map(\.name).sorted().joined(separator: "%3B")
        let unsigned =
            query + (query.isEmpty ? "" : "&") + "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=\(signer.accessKeyID)%2F\(time.date)%2F\(Self.region)%2Fs3%2Faws4_request"
            + "&X-Amz-Date=\(time.text)&X-Amz-Expires=\(expires)&X-Amz-SignedHeaders=\(names)"
        let plain = try IncomingRequest(method: method, rawPath: path, rawQuery: unsigned, headers: headers)
        let signable = SignableRequest(
            method: method, path: plain.path, query: plain.query, headers: plain.headers,
            payloadHash: "UNSIGNED-PAYLOAD")
        return "\(unsigned)&X-Amz-Signature=\(try Self.signingKey(signer, at: time).signature(of: signable, at: time))"
    }

    /// The fields of a form that are its signature, over a policy in JSON.
    func formCredentials(
        _ policy: String, as signer: Signer? = nil, atMilliseconds: Int64 = now
    ) throws -> Headers {
        let signer = signer ?? administrator
        let time = SigningTime(wallMilliseconds: atMilliseconds)
        let text = PaddedBase64.encode(Array(policy.utf8))
        return [
            ("policy", text), ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-credential", "\(signer.accessKeyID)/\(time.date)/\(Self.region)/s3/aws4_request"),
            ("x-amz-date", time.text),
            ("x-amz-signature", try Self.signingKey(signer, at: time).signature(ofText: text)),
        ]
    }

    /// Sends a form whose file has those bytes, and that name.
    func post(
        _ bucket: String, _ fields: Headers, file: String = "file", named name: String = "f.txt",
        _ headers: Headers = [], isSecure: Bool = true
    ) async throws -> Response {
        let boundary = "0123456789abcdef"
        var text = ""
        for (name, value) in fields {
            text += "--\(boundary)\r\ncontent-disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        text += "--\(boundary)\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n"
        text += "content-type: text/plain\r\n\r\n\(file)\r\n--\(boundary)--\r\n"
        let body = Array(text.utf8)
        return try await deliver(
            "POST", "/\(bucket)", "",
            [
                ("host", "localhost"), ("content-type", "multipart/form-data; boundary=\(boundary)"),
                ("content-length", "\(body.count)"),
            ] + headers, body: body, isSecure: isSecure)
    }
}
