internal import CStrongroomPKCS11
internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys

/// A session at the token, logged in; used by one thread at a time.
struct TokenSession: Sendable {
    let library: TokenLibrary
    let handle: UInt
    let slot: UInt
    /// The keys that this session has looked at and found good. The standard promises that a handle stays what it is
    /// for the session that found it, and no longer.
    private var keys: [KeyIdentity: KeyObject] = [:]

    /// More than that are not remembered.
    private static let keyCountMax = 1024

    init(library: TokenLibrary, handle: UInt, slot: UInt) {
        self.library = library
        self.handle = handle
        self.slot = slot
    }

    func close() { library.closeSession(handle) }

    /// The key object of ours with that identity; nil where there is none.
    func find(_ identity: KeyIdentity) throws(TokenFailure) -> KeyObject? {
        let found = try keyObjects(with: [.bytes(CKA_ID, identity.bytes)])
        guard found.count <= 1 else {
            throw .refused(
                .keyringDamaged,
                "The token has \(found.count) keys with the CKA_ID of version \(identity): somebody has copied one. "
                    + "Remove the copy with the token's own tool.")
        }
        return found.first
    }

    /// All key objects of ours that have these attributes, in no order.
    func keyObjects(with attributes: [TokenAttribute]) throws(TokenFailure) -> [KeyObject] {
        let template = [.number(CKA_CLASS, CKO_SECRET_KEY), .flag(CKA_TOKEN, true)] + attributes
        var found: [KeyObject] = []
        for object in try library.objects(handle, with: template) {
            if let key = try KeyObject(reading: object, in: self) { found.append(key) }
        }
        // Whoever has been logged out by somebody else finds nothing, which is not to say that there is nothing.
        guard try library.isLoggedIn(handle) else { throw .call("C_FindObjects", .userNotLoggedIn) }
        return found
    }

    /// The key that wraps and unwraps under `label` in that version: it is there, and cannot be taken out.
    mutating func key(_ identity: KeyIdentity, _ label: String) throws(TokenFailure) -> KeyObject {
        var key = keys[identity]
        if key == nil { key = try find(identity) }
        guard let key else {
            throw .refused(
                .keyNotFound,
                "The token has no version '\(identity)' of '\(label)'; it was wrapped with another token, or the key has "
                    + "been removed. Restore the token from its backup.")
        }
        guard key.label.utf8.elementsEqual(label.utf8) else {
            throw .refused(
                .incorrectKey, "The wrapped key was wrapped by a version of '\(key.label)', not of '\(label)'.")
        }
        if let problem = key.problem { throw .refused(.unsafePermissions, problem) }
        if keys.count >= Self.keyCountMax { keys.removeAll() }
        keys[identity] = key
        return key
    }

    /// What the key makes of `message`: 32 bytes that only the token can tell.
    mutating func derive(
        _ message: [UInt8], _ identity: KeyIdentity, _ label: String
    ) throws(TokenFailure) -> WrappingKey {
        let key = try key(identity, label)
        let secret = try SecretBytes(count: 32) { (room: inout MutableRawSpan) throws(TokenFailure) in
            try library.sign(handle, CKM_SHA256_HMAC, key.handle, message, into: &room)
        }
        do throws(KeyBackendError) {
            return try WrappingKey(secret)
        } catch {
            throw .refused(error)
        }
    }

    /// Makes the key object, unless it is there: an attempt whose answer got lost may have made it. Needs a writable
    /// session.
    func make(_ identity: KeyIdentity, _ label: String) throws(TokenFailure) {
        var made = try find(identity)
        let object: UInt
        if let made {
            object = made.handle
        } else {
            object = try library.generateKey(
                handle, CKM_GENERIC_SECRET_KEY_GEN, KeyObject.template(identity, label))
            made = try KeyObject(reading: object, in: self)
        }
        guard let made, made.problem == nil, made.identity == identity, made.label == label else {
            // Before anything is under it.
            try library.destroyObject(handle, object)
            throw .refused(
                .unsupported,
                "The token made a key that could be taken out, or is not as it was asked for, although it was asked for "
                    + "one that stays. The key was removed again; use another token.")
        }
    }
}
