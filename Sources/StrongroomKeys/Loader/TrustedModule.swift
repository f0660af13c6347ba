public import SystemPackage

/// A module or library that an administrator trusts: this file, with exactly this content.
public struct TrustedModule: Sendable, Hashable {
    /// Where it is; an absolute path.
    public var path: FilePath
    /// SHA-256 of its content, 32 bytes.
    public var sha256: [UInt8]

    /// Trusts the file at `path` as long as its SHA-256 is `sha256`. Traps on a digest that is not 32 bytes.
    public init(path: FilePath, sha256: [UInt8]) {
        precondition(sha256.count == 32, "A SHA-256 digest has 32 bytes.")
        self.path = path
        self.sha256 = sha256
    }

    /// As above, with the digest in hexadecimal, as `strongroom module pin` prints it.
    public init(path: FilePath, sha256Hexadecimal text: String) throws(KeyBackendError) {
        guard let digest = Hexadecimal.decode(text), digest.count == 32 else {
            throw KeyBackendError(
                .invalidRequest, "The pin of \(path) is not a SHA-256 digest of 64 hexadecimal digits; see: module pin."
            )
        }
        self.init(path: path, sha256: digest)
    }
}

/// Bytes as text, two digits each.
package enum Hexadecimal {
    package static func encode(_ bytes: [UInt8]) -> String { encode(bytes[...]) }

    package static func encode(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digit($0 >> 4), digit($0 & 15)] }, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? 48 : 87) }

    /// Nil where `text` is not an even number of hexadecimal digits.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map {
            Character(Unicode.Scalar($0)).isASCII ? Character(Unicode.Scalar($0)).hexDigitValue : nil
        }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
