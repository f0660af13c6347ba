#if RemoteKMS
internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import SystemPackage

/// Who asks. The secret access key stands in locked memory; the session token, which is of no use without it, goes out
/// with every request and is text.
struct Credentials: Sendable {
    let accessKeyID: String
    let secretAccessKey: SharedSecret
    let sessionToken: String?

    private static let fileSizeBytesMax = 32 << 10

    /// Reads a profile of a file in the form of AWS's shared credentials file:
    ///
    ///     [default]
    ///     aws_access_key_id = AKIA…
    ///     aws_secret_access_key = …
    ///     aws_session_token = …
    ///
    /// The file must be this user's or root's, nobody else's to read, and have one name. Lines that start with `#` or
    /// `;` say nothing. Whatever else the profile has is refused by name. Blocks.
    static func read(_ path: FilePath, profile: String) throws(KeyBackendError) -> Credentials {
        let file = try SecretFile.read(path, sizeBytesMax: fileSizeBytesMax)
        return try file.withBytes { (text) throws(KeyBackendError) in
            var parser = CredentialsParser(path: path, profile: profile)
            return try parser.credentials(text)
        }
    }

    /// Whether signing with the others comes to the same. Takes a time that does not depend on the secrets.
    func isSame(as other: Credentials) throws(KeyBackendError) -> Bool {
        let hasSameNames = accessKeyID == other.accessKeyID && sessionToken == other.sessionToken
        do throws(SecretMemoryError) {
            return try secretAccessKey.bytes.isEqual(to: other.secretAccessKey.bytes) && hasSameNames
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }
}

/// Finds a profile's values in the bytes of a file. Of a secret nothing is copied but into locked memory.
private struct CredentialsParser {
    let path: FilePath
    let profile: String
    private var values: [String: Range<Int>] = [:]

    private static let known = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]

    init(path: FilePath, profile: String) {
        self.path = path
        self.profile = profile
    }

    mutating func credentials(_ text: RawSpan) throws(KeyBackendError) -> Credentials {
        var isInProfile = false
        var start = 0
        var lineNumber = 0
        while start < text.byteCount {
            var end = start
            while end < text.byteCount, text.byte(at: end) != UInt8(ascii: "\n") { end += 1 }
            lineNumber += 1
            try readLine(Self.trimmed(start..<end, text), text, lineNumber, &isInProfile)
            start = end + 1
        }
        let identifier = try required("aws_access_key_id")
        let secret = try required("aws_secret_access_key")
        return Credentials(
            accessKeyID: try plainText(identifier, text, "aws_access_key_id"),
            secretAccessKey: SharedSecret(
                try SecretBytes(count: secret.count) { (room: inout MutableRawSpan) throws(KeyBackendError) in
                    room.overwrite(with: text.extracting(secret))
                }),
            sessionToken: try values["aws_session_token"].map { (range) throws(KeyBackendError) in
                try plainText(range, text, "aws_session_token")
            })
    }

    private mutating func readLine(
        _ line: Range<Int>, _ text: RawSpan, _ number: Int, _ isInProfile: inout Bool
    ) throws(KeyBackendError) {
        guard let first = line.first.map({ text.byte(at: $0) }) else { return }
        switch first {
        case UInt8(ascii: "#"), UInt8(ascii: ";"): return
        case UInt8(ascii: "["):
            guard line.count >= 2, text.byte(at: line.upperBound - 1) == UInt8(ascii: "]") else {
                throw malformed("line \(number) starts with [ and does not end with ]")
            }
            let name = String(decoding: text.bytes(in: line.lowerBound + 1..<line.upperBound - 1), as: UTF8.self)
            if name == profile, !values.isEmpty { throw malformed("the profile '\(profile)' comes twice") }
            isInProfile = name == profile
        default:
            if isInProfile { try readMember(line, text, number) }
        }
    }

    /// `name = value`
    private mutating func readMember(_ line: Range<Int>, _ text: RawSpan, _ number: Int) throws(KeyBackendError) {
        guard let equals = line.first(where: { text.byte(at: $0) == UInt8(ascii: "=") }) else {
            // Not shown: it could be a secret.
            throw malformed("line \(number) is not of the form name = value")
        }
        let name = String(
            decoding: text.bytes(in: Self.trimmed(line.lowerBound..<equals, text)), as: UTF8.self)
        guard Self.known.contains(name) else {
            throw malformed("line \(number) names none of \(Self.known.joined(separator: ", "))")
        }
        let value = Self.trimmed(equals + 1..<line.upperBound, text)
        guard !value.isEmpty, values.updateValue(value, forKey: name) == nil else {
            throw malformed("'\(name)' has no value, or comes twice")
        }
    }

    private func required(_ name: String) throws(KeyBackendError) -> Range<Int> {
        guard let value = values[name] else { throw malformed("the profile '\(profile)' has no '\(name)'") }
        return value
    }

    /// What goes into a header: it must not be able to end it.
    private func plainText(_ range: Range<Int>, _ text: RawSpan, _ name: String) throws(KeyBackendError) -> String {
        guard range.allSatisfy({ (0x21...0x7E).contains(text.byte(at: $0)) }) else {
            throw malformed("'\(name)' has characters that it cannot have")
        }
        return String(decoding: text.bytes(in: range), as: UTF8.self)
    }

    private static func trimmed(_ range: Range<Int>, _ text: RawSpan) -> Range<Int> {
        func isSpace(_ offset: Int) -> Bool { [0x20, 0x09, 0x0D].contains(text.byte(at: offset)) }
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(start) { start += 1 }
        while end > start, isSpace(end - 1) { end -= 1 }
        return start..<end
    }

    private func malformed(_ what: String) -> KeyBackendError {
        KeyBackendError(.invalidRequest, "The credentials in \(path) cannot be read: \(what).")
    }
}
#endif
