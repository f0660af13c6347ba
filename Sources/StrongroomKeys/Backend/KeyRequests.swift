internal import CStrongroomKeyBackend
public import StrongroomCrypto

/// Asks for a new data key.
public struct DataKeyRequest: Sendable {
    /// The key to wrap it with, or an alias of it. Nil: the backend's default key.
    public var keyID: String?
    /// Bound to the wrapped key by backends that bind a context.
    public var encryptionContext: EncryptionContext
    /// Caller, deadline and the like.
    public var context: KeyRequestContext

    /// A request for a data key under `keyID`.
    public init(
        keyID: String? = nil, encryptionContext: EncryptionContext = .empty, context: KeyRequestContext = .init()
    ) {
        self.keyID = keyID
        self.encryptionContext = encryptionContext
        self.context = context
    }
}

/// Asks for the plaintext of a wrapped data key. The expected key is the wrapped key's own `keyID`.
public struct UnwrapRequest: Sendable {
    /// The context that the key was wrapped with.
    public var encryptionContext: EncryptionContext
    /// Caller, deadline and the like.
    public var context: KeyRequestContext

    /// A request to unwrap.
    public init(encryptionContext: EncryptionContext = .empty, context: KeyRequestContext = .init()) {
        self.encryptionContext = encryptionContext
        self.context = context
    }
}

/// Asks to wrap a data key under the current version of the key that wraps it now.
public struct RewrapRequest: Sendable {
    /// The context that the key was wrapped with, and will be again.
    public var encryptionContext: EncryptionContext
    /// Caller, deadline and the like.
    public var context: KeyRequestContext

    /// A request to rewrap.
    public init(encryptionContext: EncryptionContext = .empty, context: KeyRequestContext = .init()) {
        self.encryptionContext = encryptionContext
        self.context = context
    }
}

/// Asks how a key is.
public struct DescribeRequest: Sendable {
    /// The key, or an alias of it. Nil: the backend's default key.
    public var keyID: String?
    /// Caller, deadline and the like.
    public var context: KeyRequestContext

    /// A request to describe `keyID`.
    public init(keyID: String? = nil, context: KeyRequestContext = .init()) {
        self.keyID = keyID
        self.context = context
    }
}

/// An administrator's request, in the backend's own terms.
public struct ControlRequest: Sendable {
    /// The largest secret that goes with a request or an answer, in bytes.
    public static let secretSizeBytesMax = Int(STRONGROOM_KEY_CONTROL_SECRET_MAX)

    /// A JSON object in UTF-8. Never holds a secret.
    public var json: [UInt8]
    /// What the request is about where that is secret: 1 to ``secretSizeBytesMax`` bytes.
    public var secret: SharedSecret?
    /// How many bytes of secret the answer has room for: 0 to ``secretSizeBytesMax``.
    public var answerSecretSizeBytesMax = 0
    /// Caller, deadline and the like.
    public var context: KeyRequestContext

    /// A request that carries `json`.
    public init(
        json: [UInt8], secret: SharedSecret? = nil, answerSecretSizeBytesMax: Int = 0,
        context: KeyRequestContext = .init()
    ) {
        self.json = json
        self.secret = secret
        self.answerSecretSizeBytesMax = answerSecretSizeBytesMax
        self.context = context
    }
}

/// What a backend answers an administrator.
public struct ControlAnswer: Sendable {
    /// A JSON object in UTF-8. Never holds a secret.
    public var json: [UInt8]
    /// The secret that was asked for, where one was.
    public var secret: SharedSecret?

    /// An answer that is `json`, and perhaps a secret.
    public init(json: [UInt8], secret: SharedSecret? = nil) {
        self.json = json
        self.secret = secret
    }
}
