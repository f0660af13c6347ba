internal import StrongroomKeys

/// What a function of a token's library answers (CK_RV).
struct ReturnCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    let rawValue: UInt

    static let ok = ReturnCode(rawValue: 0x0)
    static let hostMemory = ReturnCode(rawValue: 0x2)
    static let generalError = ReturnCode(rawValue: 0x5)
    static let cannotLock = ReturnCode(rawValue: 0xA)
    static let attributeSensitive = ReturnCode(rawValue: 0x11)
    static let attributeTypeInvalid = ReturnCode(rawValue: 0x12)
    static let deviceError = ReturnCode(rawValue: 0x30)
    static let deviceRemoved = ReturnCode(rawValue: 0x32)
    static let mechanismInvalid = ReturnCode(rawValue: 0x70)
    static let pinIncorrect = ReturnCode(rawValue: 0xA0)
    static let pinInvalid = ReturnCode(rawValue: 0xA1)
    static let pinLengthRange = ReturnCode(rawValue: 0xA2)
    static let pinExpired = ReturnCode(rawValue: 0xA3)
    static let pinLocked = ReturnCode(rawValue: 0xA4)
    static let sessionClosed = ReturnCode(rawValue: 0xB0)
    static let sessionCount = ReturnCode(rawValue: 0xB1)
    static let sessionHandleInvalid = ReturnCode(rawValue: 0xB3)
    static let tokenNotPresent = ReturnCode(rawValue: 0xE0)
    static let tokenWriteProtected = ReturnCode(rawValue: 0xE2)
    static let userAlreadyLoggedIn = ReturnCode(rawValue: 0x100)
    static let userNotLoggedIn = ReturnCode(rawValue: 0x101)
    static let bufferTooSmall = ReturnCode(rawValue: 0x150)
    static let notInitialized = ReturnCode(rawValue: 0x190)
    static let alreadyInitialized = ReturnCode(rawValue: 0x191)

    /// The token cannot have seen what the call was about: a login that ends so was no attempt at a PIN.
    var meansUnreached: Bool { Self.unreached.contains(self) }

    private static let unreached: Set<ReturnCode> = [
        .hostMemory, .deviceError, .deviceRemoved, .sessionClosed, .sessionHandleInvalid, .tokenNotPresent,
        .notInitialized,
    ]

    /// The standard's name for it.
    var description: String {
        if let name = Self.names[rawValue] { return "CKR_" + name }
        // CKR_VENDOR_DEFINED: what it means stands in the vendor's manual.
        let number = "0x" + String(rawValue, radix: 16)
        return rawValue & 0x8000_0000 != 0 ? "the vendor's own code \(number)" : "the unknown code \(number)"
    }

    private static let names: [UInt: String] = [
        0x0: "OK", 0x1: "CANCEL", 0x2: "HOST_MEMORY", 0x3: "SLOT_ID_INVALID", 0x5: "GENERAL_ERROR",
        0x6: "FUNCTION_FAILED", 0x7: "ARGUMENTS_BAD", 0x8: "NO_EVENT", 0x9: "NEED_TO_CREATE_THREADS",
        0xA: "CANT_LOCK", 0x10: "ATTRIBUTE_READ_ONLY", 0x11: "ATTRIBUTE_SENSITIVE", 0x12: "ATTRIBUTE_TYPE_INVALID",
        0x13: "ATTRIBUTE_VALUE_INVALID", 0x1B: "ACTION_PROHIBITED", 0x20: "DATA_INVALID", 0x21: "DATA_LEN_RANGE",
        0x30: "DEVICE_ERROR", 0x31: "DEVICE_MEMORY", 0x32: "DEVICE_REMOVED", 0x50: "FUNCTION_CANCELED",
        0x51: "FUNCTION_NOT_PARALLEL", 0x54: "FUNCTION_NOT_SUPPORTED", 0x60: "KEY_HANDLE_INVALID",
        0x62: "KEY_SIZE_RANGE", 0x63: "KEY_TYPE_INCONSISTENT", 0x68: "KEY_FUNCTION_NOT_PERMITTED",
        0x70: "MECHANISM_INVALID", 0x71: "MECHANISM_PARAM_INVALID", 0x82: "OBJECT_HANDLE_INVALID",
        0x90: "OPERATION_ACTIVE", 0x91: "OPERATION_NOT_INITIALIZED", 0xA0: "PIN_INCORRECT", 0xA1: "PIN_INVALID",
        0xA2: "PIN_LEN_RANGE", 0xA3: "PIN_EXPIRED", 0xA4: "PIN_LOCKED", 0xB0: "SESSION_CLOSED", 0xB1: "SESSION_COUNT",
        0xB3: "SESSION_HANDLE_INVALID", 0xB4: "SESSION_PARALLEL_NOT_SUPPORTED", 0xB5: "SESSION_READ_ONLY",
        0xB6: "SESSION_EXISTS", 0xB7: "SESSION_READ_ONLY_EXISTS", 0xB8: "SESSION_READ_WRITE_SO_EXISTS",
        0xD0: "TEMPLATE_INCOMPLETE", 0xD1: "TEMPLATE_INCONSISTENT", 0xE0: "TOKEN_NOT_PRESENT",
        0xE1: "TOKEN_NOT_RECOGNIZED", 0xE2: "TOKEN_WRITE_PROTECTED", 0x100: "USER_ALREADY_LOGGED_IN",
        0x101: "USER_NOT_LOGGED_IN", 0x102: "USER_PIN_NOT_INITIALIZED", 0x103: "USER_TYPE_INVALID",
        0x104: "USER_ANOTHER_ALREADY_LOGGED_IN", 0x105: "USER_TOO_MANY_TYPES", 0x130: "DOMAIN_PARAMS_INVALID",
        0x150: "BUFFER_TOO_SMALL", 0x190: "CRYPTOKI_NOT_INITIALIZED", 0x191: "CRYPTOKI_ALREADY_INITIALIZED",
        0x200: "FUNCTION_REJECTED",
    ]
}

/// Why a step at the token did not succeed.
enum TokenFailure: Error {
    /// A function of the library failed. Another session may do better.
    case call(String, ReturnCode)
    /// Trying again would not help, or must not be.
    case refused(KeyBackendError)
}
