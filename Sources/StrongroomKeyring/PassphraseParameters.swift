package import StrongroomCrypto
package import StrongroomKeys

/// How a passphrase becomes a root key, as a PHC string without a hash (C2SP phc-strings):
/// `$scrypt$ln=17,r=8,p=1$<salt in base64 without padding>`.
package struct PassphraseParameters: Sendable, Equatable, CustomStringConvertible {
    static let saltSizeBytes = 32

    package var scrypt: Scrypt
    package var salt: [UInt8]

    package init(scrypt: Scrypt, salt: [UInt8]) {
        self.scrypt = scrypt
        self.salt = salt
    }

    /// Reads a string that somebody may have edited: parameters that would exhaust memory or time, and
    /// such as protect nothing, are refused before anything is derived.
    package init(_ text: String) throws(KeyBackendError) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 4, fields[0].isEmpty, fields[1] == "scrypt" else {
            throw KeyringFile.damaged("its passphrase parameters are not a PHC string of scrypt")
        }
        let parameters = fields[2].split(separator: ",", omittingEmptySubsequences: false)
        guard parameters.count == 3, let cost = Self.value("ln", parameters[0]),
            let blockSize = Self.value("r", parameters[1]), let parallelization = Self.value("p", parameters[2]),
            let salt = Base64.decode(String(fields[3])), salt.count == Self.saltSizeBytes
        else { throw KeyringFile.damaged("its passphrase parameters cannot be read") }
        do throws(SealError) {
            scrypt = try Scrypt(costExponent: cost, blockSize: blockSize, parallelization: parallelization)
        } catch {
            throw KeyBackendError(.keyringDamaged, error.message, underlying: error)
        }
        self.salt = salt
        // What authenticates a keyring's file is computed over the one way of writing them.
        guard description.utf8.elementsEqual(text.utf8) else {
            throw KeyringFile.damaged("its passphrase parameters are written as nobody writes them")
        }
    }

    package var description: String {
        "$scrypt$ln=\(scrypt.costExponent),r=\(scrypt.blockSize),p=\(scrypt.parallelization)$\(Base64.encode(salt))"
    }

    /// The root key. Takes long by design.
    func rootKey(_ passphrase: borrowing SecretBytes) throws(KeyBackendError) -> SecretBytes {
        do throws(SealError) {
            return try scrypt.derive(from: passphrase, salt: salt, count: RootKeys.rootSizeBytes)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    /// Digits only, few enough not to overflow.
    private static func value(_ name: String, _ field: Substring) -> Int? {
        guard field.hasPrefix(name + "=") else { return nil }
        let digits = field.dropFirst(name.count + 1)
        guard (1...9).contains(digits.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(digits)
    }
}

/// Base64 (RFC 4648) without padding, as PHC strings have it.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits = 0
        var bitCount = 0
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                text.append(alphabet[bits >> bitCount & 63])
            }
            bits &= 63
        }
        if bitCount > 0 { text.append(alphabet[bits << (6 - bitCount) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for anything but the one encoding of some bytes.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var bitCount = 0
        for digit in text.utf8 {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            bits = (bits << 6 | value) & 0xFFFF
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        return encode(bytes) == text ? bytes : nil
    }
}
