internal import CStrongroomPKCS11

/// What a token says of itself.
struct TokenInfo: Sendable {
    let slot: UInt
    let label: String
    let manufacturer: String
    let model: String
    let serialNumber: String
    private let flags: UInt

    init(_ info: strongroom_pkcs11_token_info, slot: UInt) {
        self.slot = slot
        label = Self.text(info.label)
        manufacturer = Self.text(info.manufacturer_id)
        model = Self.text(info.model)
        serialNumber = Self.text(info.serial_number)
        flags = info.flags
    }

    var isInitialized: Bool { flags & CKF_TOKEN_INITIALIZED != 0 }
    var hasPIN: Bool { flags & CKF_USER_PIN_INITIALIZED != 0 }
    /// One more wrong PIN locks it.
    var isAtFinalTry: Bool { flags & CKF_USER_PIN_FINAL_TRY != 0 }
    var isPINLocked: Bool { flags & CKF_USER_PIN_LOCKED != 0 }

    /// The text in a field that is padded with blanks.
    private static func text<Field: BitwiseCopyable>(_ field: Field) -> String {
        // Safe: a field of bytes, read for the length of the call.
        let bytes = unsafe withUnsafeBytes(of: field) { unsafe Array($0) }
        let end = bytes.lastIndex { $0 != UInt8(ascii: " ") && $0 != 0 }
        return String(decoding: bytes.prefix((end ?? -1) + 1), as: UTF8.self)
    }
}
