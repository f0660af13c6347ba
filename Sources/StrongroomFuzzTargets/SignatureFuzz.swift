internal import StrongroomCrypto
internal import StrongroomSignature

/// Whoever reaches the server writes all of a request. One that was signed as it stands is accepted; what was changed
/// behind that is refused, unless it says the same: no two requests share a canonical form.
///
/// The input: which byte to change and into what, then lines: method, path, query, headers.
public func fuzzSignature(_ input: RawSpan) {
    var input = FuzzInput(input)
    let (position, replacement) = (Int(input.integer(UInt16.self)), input.byte())
    let text = input.rest()
    guard let request = RequestLines(text) else { return }
    do throws(SealError) {
        guard let signed = try request.signed() else { return }
        guard let signature = accepted(signed) else { finding("a request that was signed is refused") }
        guard !text.isEmpty else { return }
        var changed = text
        changed[position % text.count] = replacement
        guard let other = RequestLines(changed), let forged = other.incoming(signature), accepted(forged) != nil,
            other.meaning != request.meaning
        else { return }
        finding("one signature fits two requests")
    } catch {
        finding("signing failed: \(error)")
    }
}

/// The header `Authorization` of a request whose signature is right.
private func accepted(_ request: IncomingRequest) -> String? {
    let check = SignatureCheck(region: FuzzSigner.scope.region, service: FuzzSigner.scope.service)
    do throws(SignatureError) {
        guard let credentials = try RequestCredentials.read(request) else { return nil }
        try check.checkTerms(credentials, request, nowMilliseconds: FuzzSigner.wallMilliseconds)
        let mode = try PayloadMode.read(request, isPresigned: credentials.isPresigned)
        try check.checkSignature(credentials, request, payloadHash: mode.canonicalText, FuzzSigner.key)
    } catch {
        return nil
    }
    return request.values("authorization").first
}

/// The key that signs, and when.
enum FuzzSigner {
    static let wallMilliseconds: Int64 = 1_369_353_600_000
    static let time = SigningTime(wallMilliseconds: wallMilliseconds)
    static let scope = CredentialScope(date: time.date, region: "us-east-1", service: "s3")
    static let key: SigningKey = {
        // Safe: a UInt8 is raw bytes.
        let secret = Array("a secret that is none".utf8)
        guard let secret = try? SecretBytes(copying: unsafe secret.span.bytes),
            let key = try? SigningKey(secretAccessKey: secret, scope: scope)
        else { finding("no memory for a key") }
        return key
    }()
}

/// A request, line by line.
private struct RequestLines {
    private static let ownHeaders: Set<String> = ["authorization", "host", "x-amz-content-sha256", "x-amz-date"]

    private let method: String
    private let path: String
    private let query: String
    private let headers: [(name: String, value: String)]

    /// Nil where it is none that a reader of HTTP lets through.
    init?(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }[...]
        method = lines.popFirst() ?? ""
        path = lines.popFirst() ?? ""
        query = lines.popFirst() ?? ""
        var headers: [(name: String, value: String)] = []
        for line in lines {
            let name = line.prefix { $0 != ":" }
            guard Self.isToken(name), name.utf8.count < line.utf8.count,
                line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { return nil }
            guard !Self.ownHeaders.contains(name.lowercased()) else { return nil }
            headers.append((String(name), String(line[name.endIndex...].dropFirst())))
        }
        guard Self.isToken(method[...]), method == method.uppercased() else { return nil }
        self.headers =
            headers + [
                ("host", "s3.test"), ("x-amz-date", FuzzSigner.time.text), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
            ]
    }

    /// With these credentials; nil where path or query cannot be read.
    func incoming(_ authorization: String?) -> IncomingRequest? {
        let all = headers + (authorization.map { [("authorization", $0)] } ?? [])
        return try? IncomingRequest(method: method, rawPath: path, rawQuery: query, headers: all)
    }

    /// Nil where the query holds credentials, too.
    func signed() throws(SealError) -> IncomingRequest? {
        guard let plain = incoming(nil) else { return nil }
        let credentials: RequestCredentials?
        do throws(SignatureError) {
            credentials = try RequestCredentials.read(plain)
        } catch {
            return nil
        }
        guard credentials == nil else { return nil }
        let signable = SignableRequest(
            method: plain.method, path: plain.path, query: plain.query, headers: plain.headers,
            payloadHash: "UNSIGNED-PAYLOAD")
        return incoming(
            try FuzzSigner.key.authorization(of: signable, at: FuzzSigner.time, accessKeyID: "AKIAIOSFODNN7EXAMPLE"))
    }

    /// What a server acts on, byte by byte. The order of parameters is nobody's business, nor is the white space around
    /// and in the values of headers, nor whether several values came in one line.
    var meaning: [[UInt8]]? {
        guard let request = incoming(nil) else { return nil }
        let query = request.query.map { Array("\($0.name.utf8.count) \($0.name)=\($0.value)".utf8) }
            .sorted { $0.lexicographicallyPrecedes($1) }
        var values: [String: [String]] = [:]
        for (name, value) in request.headers {
            values[name, default: []].append(
                value.split { $0 == " " || $0 == "\t" }.joined(separator: " "))
        }
        let headers = values.map { Array("\($0.key):\($0.value.joined(separator: ","))".utf8) }
            .sorted { $0.lexicographicallyPrecedes($1) }
        return [Array(request.method.utf8), Array(request.path.utf8)] + query + [[]] + headers
    }

    /// RFC 9110, section 5.6.2.
    private static func isToken(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}
