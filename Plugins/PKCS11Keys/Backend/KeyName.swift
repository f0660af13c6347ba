internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// What names of keys and what stands before them may look like: they are part of key ids, and labels in the token.
enum KeyName {
    static let bytesMax = 64

    static func isName(_ text: String) -> Bool {
        (1...bytesMax).contains(text.utf8.count) && text.utf8.allSatisfy { isPlain($0) }
    }

    static func isPrefix(_ text: String) -> Bool {
        (1...PKCS11Settings.keyPrefixBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "/") }
    }

    /// A name that no other key has.
    static func random(_ host: any KeyBackendHost) -> String { Hexadecimal.encode(HostRandom(host: host).bytes(16)) }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
