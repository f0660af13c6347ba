internal import CStrongroomKeyBackend
internal import StrongroomCrypto

/// What the contract's TLV blocks are read as: for fuzzers, which hand in any bytes. Read again after it was written,
/// it must say the same.
package enum ContractProbe {
    /// False where `block` is read as a request that turns into another one when it is handed on.
    package static func isStable(request block: [UInt8]) throws(KeyBackendError) -> Bool {
        // Safe here and below: a UInt8 is raw bytes.
        guard let first = try? DecodedRequest(unsafe block.span.bytes) else { return true }
        let key = try first.context.customerKey.map { (key) throws(KeyBackendError) in try clear(key.bytes) }
        var writer = TLVWriter(
            continuing: TLVWriter.operation(
                first.context, keyID: first.keyID, keyVersion: first.keyVersion,
                encryptionContext: first.encryptionContext,
                deadlineNanoseconds: first.context.deadlineNanoseconds ?? 0))
        if let key { writer.append(STRONGROOM_KEY_TLV_CUSTOMER_KEY, key) }
        let secret = try first.controlSecret.map { (secret) throws(KeyBackendError) in try clear(secret.bytes) }
        if let secret { writer.append(STRONGROOM_KEY_TLV_CONTROL_SECRET, secret) }
        // What is optional and at its default may make a block longer.
        guard writer.bytes.count <= Int(STRONGROOM_KEY_CONTEXT_MAX) else { return true }
        let second = try DecodedRequest(unsafe writer.bytes.span.bytes)
        let secondKey = try second.context.customerKey.map { (key) throws(KeyBackendError) in try clear(key.bytes) }
        let secondSecret = try second.controlSecret.map { (secret) throws(KeyBackendError) in try clear(secret.bytes) }
        return secondKey == key && secondSecret == secret
            && second.context.caller == first.context.caller && second.keyID == first.keyID
            && second.context.grantTokens == first.context.grantTokens && second.keyVersion == first.keyVersion
            && second.context.requestID == first.context.requestID
            && second.context.deadlineNanoseconds == first.context.deadlineNanoseconds ?? 0
            && second.encryptionContext.canonicalBytes == first.encryptionContext.canonicalBytes
    }

    /// False where `block` is read as a configuration that turns into another one when it is handed on.
    package static func isStable(configuration block: [UInt8]) throws(KeyBackendError) -> Bool {
        // Safe: a UInt8 is raw bytes.
        switch try? KeyBackendConfiguration.decode(unsafe block.span.bytes) {
        case .some(let first): try isStable(first)
        case nil: true
        }
    }

    private static func isStable(_ first: borrowing KeyBackendConfiguration) throws(KeyBackendError) -> Bool {
        // More than there is locked memory for.
        guard let written = try? SharedSecret(first.encoded()) else { return true }
        let second = try written.bytes.withBytes { (bytes) throws(KeyBackendError) in
            try KeyBackendConfiguration.decode(bytes)
        }
        let secrets = (try secret(of: first), try secret(of: second))
        return second.keyring == first.keyring && second.creates == first.creates && second.settings == first.settings
            && secrets.0 == secrets.1
    }

    private static func secret(of configuration: borrowing KeyBackendConfiguration) throws(KeyBackendError) -> [UInt8]?
    {
        switch configuration.secret {
        case .some(let secret): try clear(secret)
        case .none: nil
        }
    }

    /// Secrets of a fuzzer's are none.
    private static func clear(_ secret: borrowing SecretBytes) throws(KeyBackendError) -> [UInt8] {
        try secret.withBytes { (bytes) throws(KeyBackendError) in bytes.bytes(in: 0..<bytes.byteCount) }
    }
}
