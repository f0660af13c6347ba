/// Reads an HTML form whose last field is a file (RFC 7578): the fields before it into memory, the file as it comes.
///
/// Not to be shared: whoever has it reads one thing after the other.
final class FormReader {
    /// All fields before the file together, in bytes (S3's limit), with room for their headers.
    static let fieldBytesMaximum = 20 << 10
    static let fieldCountMaximum = 128
    private static let headerBytesMaximum = 4 << 10

    private let stream: RequestBodyStream
    private let delimiter: [UInt8]
    private var buffer: [UInt8]
    private(set) var fileName: String?
    private var fileIsOver = false

    /// - Throws: `MalformedPOSTRequest` where the header names no boundary.
    init(_ headers: RequestHeaders, _ stream: RequestBodyStream) throws(S3Error) {
        guard let type = try headers.single("content-type"), let boundary = Self.parameter("boundary", type),
            (1...70).contains(boundary.utf8.count)
        else { throw Self.malformed }
        self.stream = stream
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter has no line before it.
        buffer = [0x0D, 0x0A]
    }

    static func isForm(_ headers: RequestHeaders) -> Bool {
        headers.values("content-type").first?.lowercased().hasPrefix("multipart/form-data") ?? false
    }

    static let malformed = S3Error(
        400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")

    /// The fields before the file, by names in lower case, in the order in which they came.
    ///
    /// - Throws: `MaxPostPreDataLengthExceeded`, `InvalidArgument` where there is no file.
    func fields() async throws(S3Error) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var sizeBytes = 0
        _ = try await upToDelimiter(limitBytes: Self.headerBytesMaximum)
        while let headers = try await partHeaders() {
            guard let disposition = headers["content-disposition"], let name = Self.parameter("name", disposition)
            else {
                throw Self.malformed
            }
            if name.lowercased() == "file" {
                fileName = Self.parameter("filename", disposition)
                return fields
            }
            let value = try await upToDelimiter(limitBytes: Self.fieldBytesMaximum)
            sizeBytes += value.count + name.utf8.count
            guard sizeBytes <= Self.fieldBytesMaximum, fields.count < Self.fieldCountMaximum else { throw Self.tooLong }
            guard let text = String(validating: value, as: UTF8.self) else { throw Self.malformed }
            fields.append((name.lowercased(), text))
        }
        throw .invalidArgument("POST requires exactly one file upload per request.", name: "file", value: "0")
    }

    /// The next bytes of the file; nil at its end.
    func nextOfFile() async throws(S3Error) -> ArraySlice<UInt8>? {
        while true {
            if fileIsOver { return nil }
            if let end = indexOfDelimiter() {
                fileIsOver = true
                let slice = buffer[..<end]
                return slice.isEmpty ? nil : slice
            }
            // What may be the beginning of a delimiter waits for its end.
            let sure = buffer.count - (delimiter.count - 1)
            if sure > 0 {
                let slice = buffer[..<sure]
                buffer.removeFirst(sure)
                return slice
            }
            try await fill()
        }
    }

    // MARK: -

    private static let tooLong = S3Error(
        400, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large.")

    private func fill() async throws(S3Error) {
        do {
            guard let slice = try await stream.read() else { throw Self.malformed }
            buffer += slice
        } catch let error as S3Error {
            throw error
        } catch {
            throw .incompleteBody
        }
    }

    private func indexOfDelimiter() -> Int? {
        var start = buffer.startIndex
        while let index = buffer[start...].firstIndex(of: 0x0D) {
            if buffer[index...].starts(with: delimiter) { return index }
            start = index + 1
        }
        return nil
    }

    /// The bytes before the next delimiter, which is taken away with them.
    private func upToDelimiter(limitBytes: Int) async throws(S3Error) -> [UInt8] {
        while true {
            if let end = indexOfDelimiter() {
                let bytes = Array(buffer[..<end])
                buffer.removeFirst(end + delimiter.count)
                return bytes
            }
            guard buffer.count <= limitBytes + delimiter.count else { throw Self.tooLong }
            try await fill()
        }
    }

    /// The headers of a part, by names in lower case; nil behind the last.
    private func partHeaders() async throws(S3Error) -> [String: String]? {
        while buffer.count < 2 { try await fill() }
        if buffer.starts(with: "--".utf8) { return nil }
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        while true {
            if let index = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
                let text = String(decoding: buffer[..<index], as: UTF8.self)
                buffer.removeFirst(index + end.count)
                return Self.headers(text)
            }
            guard buffer.count <= Self.headerBytesMaximum else { throw Self.malformed }
            try await fill()
        }
    }

    private static func headers(_ text: String) -> [String: String] {
        var headers: [String: String] = [:]
        for line in text.split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].trimmingBlanks.lowercased()] = parts[1].trimmingBlanks
        }
        return headers
    }

    /// `name="value"` or `name=value` behind a semicolon.
    private static func parameter(_ name: String, _ header: String) -> String? {
        for part in parts(of: header).dropFirst() {
            let pair = part.trimmingBlanks.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == name else { continue }
            let value = pair[1]
            guard value.hasPrefix("\""), value.hasSuffix("\""), value.utf8.count >= 2 else { return String(value) }
            return String(value.dropFirst().dropLast()).replacing("\\\"", with: "\"")
        }
        return nil
    }

    /// What stands between semicolons, those in quotation marks left alone: names of files have them. Quotation marks
    /// of a name itself are `%22` where browsers write them (WHATWG HTML, section 4.10.21.8), and behind a backslash
    /// where others do; any other backslash is one of a path.
    private static func parts(of header: String) -> [Substring] {
        var (isQuoted, previous) = (false, UInt8(0))
        return header.utf8.split { byte in
            defer { previous = byte }
            if byte == UInt8(ascii: "\""), !isQuoted || previous != UInt8(ascii: "\\") { isQuoted.toggle() }
            return byte == UInt8(ascii: ";") && !isQuoted
        }.map { Substring($0) }
    }
}
