internal import CStrongroomKeyBackend
internal import StrongroomKeys

/// What a key backend answers to one call: within the memory that it is given, and otherwise as badly as it can.
struct ScriptedAnswer: Sendable {
    /// Bytes that it writes and how many it says there are.
    struct Part: Sendable {
        private(set) var bytes: [UInt8]
        private(set) var claimedSize: UInt64

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            claimedSize = UInt64(bytes.count)
        }

        /// `usual`, or anything; of the size that it has, or one that it says.
        ///
        /// - Parameter capacity: how much the host makes room for.
        init(_ input: inout FuzzInput, usual: [UInt8], capacity: Int) {
            let choice = input.byte() % 8
            self.init(choice < 4 ? usual : input.bytes(atMost: min(Int(input.byte()), capacity)))
            switch choice {
            case 0...5: break
            case 6: claimedSize = UInt64(capacity) &+ UInt64(input.byte()) &- 2
            default: claimedSize = input.integer(UInt64.self)
            }
            // Who claims bytes has written them; who claims more than there is room for has written none.
            guard claimedSize <= UInt64(capacity) else { return }
            bytes = Array(bytes.prefix(Int(claimedSize)))
            bytes += [UInt8](repeating: 0, count: Int(claimedSize) - bytes.count)
        }
    }

    private(set) var status: Int32 = 0
    private(set) var plaintext = Part([])
    private(set) var wrapped = Part([])
    private(set) var keyID = Part([])
    private(set) var keyVersion = Part([])
    private(set) var document = Part([])
    private(set) var message = Part([])
    private(set) var health: UInt32 = 0
    /// How often the call is completed, and for others, besides.
    private(set) var completions = 1
    private(set) var completesOthers = false
    /// It is completed when nobody waits any more.
    private(set) var isLate = false

    init(_ input: inout FuzzInput) {
        let ends = input.byte()
        completions = ends % 4 == 3 ? 2 : 1
        completesOthers = ends % 8 > 5
        isLate = ends == 0xFF
        status = Self.status(&input)
        let key = input.byte()
        plaintext = Part(&input, usual: [UInt8](repeating: key, count: 32), capacity: 32)
        wrapped = Part(&input, usual: [9, 8, 7], capacity: Int(STRONGROOM_KEY_WRAPPED_MAX))
        let id = ["key", "a/key", "\u{E9}", "e\u{301}"][Int(input.byte()) % 4]
        keyID = Part(&input, usual: Array(id.utf8), capacity: Int(STRONGROOM_KEY_ID_MAX))
        keyVersion = Part(&input, usual: [0x31], capacity: Int(STRONGROOM_KEY_VERSION_MAX))
        document = Part(&input, usual: Array("{}".utf8), capacity: Int(STRONGROOM_KEY_CONTROL_ANSWER_MAX))
        message = Part(&input, usual: [], capacity: Int(STRONGROOM_KEY_MESSAGE_MAX))
        health = input.byte() < 250 ? UInt32(input.byte() % 4) : input.integer(UInt32.self)
    }

    /// To `open`, which mostly succeeds.
    init(opening input: inout FuzzInput) {
        if input.byte() > 200 { status = Self.status(&input) }
        message = Part(&input, usual: [], capacity: Int(STRONGROOM_KEY_MESSAGE_MAX))
    }

    private static func status(_ input: inout FuzzInput) -> Int32 {
        let choice = input.byte()
        if choice < 128 { return 0 }
        return choice < 240 ? Int32(choice % 24) : input.integer(Int32.self)
    }

    /// Of the error that the status means; nil where it means none that can be.
    var code: KeyBackendError.Code? {
        let codes: [Int32: KeyBackendError.Code] = [
            2: .keyNotFound, 3: .keyDisabled, 4: .invalidKeyState, 5: .invalidCiphertext, 6: .incorrectKey,
            7: .accessDenied, 8: .throttled, 9: .unavailable, 10: .deadlineExceeded, 11: .cancelled,
            12: .invalidRequest, 13: .unsupported, 15: .wrongSecret, 16: .keyringDamaged, 17: .keyringMissing,
            18: .keyringExists, 19: .unsafePermissions, 20: .auditUnavailable, 21: .keyInUse,
        ]
        return codes[status]
    }
}
