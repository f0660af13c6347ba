@testable import Strongroom

/// How an object should be encrypted.
enum WorldEncryption: Sendable, Hashable {
    case none
    case s3Managed
    case kms(keyID: String, context: [String: String], usesBucketKey: Bool)
    case kmsDualLayer(keyID: String, context: [String: String])
    case customerKey(CustomerKey)

    /// Whether checksums are told only to whoever has opened the object.
    var hidesChecksums: Bool {
        switch self {
        case .none, .s3Managed: false
        case .kms, .kmsDualLayer, .customerKey: true
        }
    }

    /// Whether a key of the service is needed to write so, and to read what was written so.
    var isUnderServiceKey: Bool {
        switch self {
        case .none, .s3Managed, .customerKey: false
        case .kms, .kmsDualLayer: true
        }
    }

    /// The pairs that were given with a key of the service.
    var context: [String: String] {
        switch self {
        case .none, .s3Managed, .customerKey: [:]
        case .kms(_, let context, _), .kmsDualLayer(_, let context): context
        }
    }

    /// The key that requests must bring.
    var customerKey: CustomerKey? { if case .customerKey(let key) = self { key } else { nil } }

    /// What a request that brings `presented` is refused for: before anything is told of what is encrypted so.
    func refusals(presenting presented: CustomerKey?) -> [StoreError.Code] {
        guard (customerKey == nil) == (presented == nil) else { return [.invalidRequest] }
        return customerKey == presented ? [] : [.accessDenied]
    }

    /// Why `found` does not say so; nil where it does.
    func objection(to found: EncryptionDescriptor) -> String? {
        let isSo =
            switch (self, found) {
            case (.none, .none), (.s3Managed, .s3Managed), (.customerKey, .customerKey): true
            case (.kms(let keyID, let context, let usesBucketKey), .kms(let kms)):
                kms.keyID == keyID && kms.context == context && kms.usesBucketKey == usesBucketKey
                    && (kms.keyVersion == nil) == usesBucketKey
            case (.kmsDualLayer(let keyID, let context), .kmsDualLayer(let dual)):
                dual.keyID == keyID && dual.context == context
            default: false
            }
        return isSo ? nil : "the encryption is \(found), not \(self)"
    }
}

extension EncryptionDescriptor {
    /// The same under `found`'s version of the key, where that is as new or newer: a rewrap moves it on, at no moment
    /// that anybody is told of.
    func rewrapped(as found: EncryptionDescriptor) -> EncryptionDescriptor {
        switch (self, found) {
        case (.s3Managed(var old), .s3Managed(let new)):
            if Self.isNewer(new.keyVersion, than: old.keyVersion) { old.keyVersion = new.keyVersion }
            return .s3Managed(old)
        case (.kms(var old), .kms(let new)):
            guard let version = old.keyVersion, let newVersion = new.keyVersion else { return self }
            if Self.isNewer(newVersion, than: version) { old.keyVersion = newVersion }
            return .kms(old)
        case (.kmsDualLayer(var old), .kmsDualLayer(let new)):
            if Self.isNewer(new.keyVersion, than: old.keyVersion) { old.keyVersion = new.keyVersion }
            if Self.isNewer(new.outerLayer.keyVersion, than: old.outerLayer.keyVersion) {
                old.outerLayer.keyVersion = new.outerLayer.keyVersion
            }
            return .kmsDualLayer(old)
        default: return self
        }
    }

    private static func isNewer(_ version: String, than old: String) -> Bool {
        guard let version = Int(version), let old = Int(old) else { return false }
        return version > old
    }

    /// After an update in place, which tells no version; the oldest stands for all.
    func updated(to keyID: String, _ context: [String: String], usesBucketKey: Bool) -> EncryptionDescriptor {
        .kms(
            KMSEncryption(
                keyID: keyID, keyVersion: usesBucketKey ? nil : "1", usesBucketKey: usesBucketKey, context: context,
                suite: suite))
    }

    private var suite: CipherSuite {
        switch self {
        case .none: preconditionFailure("what is not encrypted is not updated")
        case .s3Managed(let encryption): encryption.suite
        case .kms(let encryption): encryption.suite
        case .kmsDualLayer(let encryption): encryption.suite
        case .customerKey(let encryption): encryption.suite
        }
    }
}
