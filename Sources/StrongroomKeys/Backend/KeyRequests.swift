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
    /// A JSON object in UTF-8.
    public var json: [UInt8]
    /// Caller, deadline and the like.
    public var context: KeyRequestContext

    /// A request that carries `json`.
    public init(json: [UInt8], context: KeyRequestContext = .init()) {
        self.json = json
        self.context = context
    }
}
