internal import CStrongroomPKCS11
internal import StrongroomKeys

/// A key object in the token that has a CKA_ID of ours.
struct KeyObject: Sendable {
    static let sizeBytes: UInt = 32
    private static let labelSizeBytesMax = 256

    let handle: UInt
    let label: String
    let identity: KeyIdentity
    /// Why it must not be used; nil where all is well.
    let problem: String?

    /// What a new one is made with: a secret for HMAC and nothing else, that never leaves the token.
    static func template(_ identity: KeyIdentity, _ label: String) -> [TokenAttribute] {
        [
            .number(CKA_CLASS, CKO_SECRET_KEY), .number(CKA_KEY_TYPE, CKK_GENERIC_SECRET),
            .number(CKA_VALUE_LEN, sizeBytes), .flag(CKA_TOKEN, true), .flag(CKA_PRIVATE, true),
            .flag(CKA_SENSITIVE, true), .flag(CKA_EXTRACTABLE, false), .flag(CKA_MODIFIABLE, false),
            .flag(CKA_SIGN, true), .flag(CKA_ENCRYPT, false), .flag(CKA_DECRYPT, false), .flag(CKA_WRAP, false),
            .flag(CKA_UNWRAP, false), .flag(CKA_DERIVE, false), .bytes(CKA_LABEL, label.utf8),
            .bytes(CKA_ID, identity.bytes),
        ]
    }

    /// Nil for an object that is none of ours.
    init?(reading object: UInt, in session: TokenSession) throws(TokenFailure) {
        let identifying = try session.library.values(
            session.handle, object, [(CKA_ID, KeyIdentity.sizeBytes), (CKA_LABEL, Self.labelSizeBytesMax)])
        guard let id = identifying[0], let identity = KeyIdentity(bytes: id), let text = identifying[1],
            let label = String(validating: text, as: UTF8.self)
        else { return nil }
        handle = object
        self.identity = identity
        self.label = label
        problem = try Self.problem(object, session).map { "Version \(identity) of '\(label)' in the token \($0)" }
    }

    private static let flags: [(type: UInt, value: Bool, problem: String)] = [
        (CKA_PRIVATE, true, "is not private (CKA_PRIVATE): it can be used without the PIN"),
        (CKA_SENSITIVE, true, "can be read (CKA_SENSITIVE is not set)"),
        (CKA_EXTRACTABLE, false, "can be taken out (CKA_EXTRACTABLE)"),
        (CKA_ALWAYS_SENSITIVE, true, "could be read at some time (CKA_ALWAYS_SENSITIVE is not set)"),
        (CKA_NEVER_EXTRACTABLE, true, "could be taken out at some time, or was brought in (CKA_NEVER_EXTRACTABLE)"),
        (CKA_SIGN, true, "makes no HMAC (CKA_SIGN is not set)"),
    ]

    /// What is wrong with the object. Each attribute must be told: what a token keeps to itself is not promised.
    private static func problem(_ object: UInt, _ session: TokenSession) throws(TokenFailure) -> String? {
        let remedy =
            "; it is not used. Let Strongroom make its keys itself (rotate-key), then wrap anew what is under this one."
        let numberSize = MemoryLayout<UInt>.size
        let values = try session.library.values(
            session.handle, object,
            flags.map { ($0.type, 1) } + [(CKA_KEY_TYPE, numberSize), (CKA_VALUE_LEN, numberSize)])
        for (flag, value) in zip(flags, values) {
            guard let value, value.count == 1 else { return "may be such that it " + flag.problem + remedy }
            if (value[0] != 0) != flag.value { return flag.problem + remedy }
        }
        guard values[flags.count] == TokenAttribute.number(0, CKK_GENERIC_SECRET).bytes,
            values[flags.count + 1] == TokenAttribute.number(0, sizeBytes).bytes
        else { return "is no generic secret of \(sizeBytes) bytes" + remedy }
        return nil
    }
}
