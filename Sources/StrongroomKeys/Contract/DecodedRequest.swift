internal import CStrongroomKeyBackend
internal import StrongroomCrypto

/// The TLV block of an operation, decoded on the module's side of the contract.
struct DecodedRequest {
    var context = KeyRequestContext()
    var keyID: String?
    var keyVersion: String?
    var encryptionContext = EncryptionContext.empty
    /// What goes with a control request.
    var controlSecret: SharedSecret?

    init(_ block: RawSpan) throws(KeyBackendError) {
        guard block.byteCount <= Int(STRONGROOM_KEY_CONTEXT_MAX) else { throw TLVReader.malformed("is too large") }
        var reader = TLVReader(size: block.byteCount)
        var caller = Caller(principal: "", account: "")
        var hasCaller = false
        var tlsVersion = ""
        var secure: Bool?
        var policies: [String] = []
        var hasPolicies: Bool?
        var pairs: [(name: String, value: String)] = []
        var seen: Set<Int> = []
        while let entry = try reader.next(in: block) {
            if !Self.repeated.contains(entry.type), !seen.insert(entry.type).inserted {
                throw TLVReader.malformed("has type \(entry.type) twice")
            }
            let value = entry.value
            hasCaller =
                hasCaller || (STRONGROOM_KEY_TLV_PRINCIPAL...STRONGROOM_KEY_TLV_VIA_SERVICE) ~= entry.type
                || entry.type == STRONGROOM_KEY_TLV_HAS_POLICIES
            switch entry.type {
            case STRONGROOM_KEY_TLV_PRINCIPAL: caller.principal = try block.text(in: value)
            case STRONGROOM_KEY_TLV_ACCOUNT: caller.account = try block.text(in: value)
            case STRONGROOM_KEY_TLV_PRINCIPAL_TAG:
                let tag = try block.pair(in: value)
                caller.tags[tag.name] = tag.value
            case STRONGROOM_KEY_TLV_MFA_AGE_SECONDS: caller.multiFactorAgeSeconds = try block.integer(in: value)
            case STRONGROOM_KEY_TLV_SOURCE_ADDRESS: caller.sourceAddress = try block.text(in: value)
            case STRONGROOM_KEY_TLV_SECURE_TRANSPORT: secure = try block.flag(in: value)
            case STRONGROOM_KEY_TLV_TLS_VERSION: tlsVersion = try block.text(in: value)
            case STRONGROOM_KEY_TLV_VIA_SERVICE: caller.viaService = try block.text(in: value)
            case STRONGROOM_KEY_TLV_HAS_POLICIES: hasPolicies = try block.flag(in: value)
            case STRONGROOM_KEY_TLV_PRINCIPAL_POLICY: policies.append(try block.text(in: value))
            case STRONGROOM_KEY_TLV_ROLE: caller.roleARN = try block.text(in: value)
            case STRONGROOM_KEY_TLV_SESSION_POLICY: caller.sessionPolicy = try block.text(in: value)
            case STRONGROOM_KEY_TLV_GRANT_TOKEN: context.grantTokens.append(try block.text(in: value))
            case STRONGROOM_KEY_TLV_REQUEST_ID: context.requestID = try block.text(in: value)
            case STRONGROOM_KEY_TLV_DEADLINE: context.deadlineNanoseconds = try block.integer(in: value)
            case STRONGROOM_KEY_TLV_KEY_ID: keyID = try block.text(in: value)
            case STRONGROOM_KEY_TLV_KEY_VERSION: keyVersion = try block.text(in: value)
            case STRONGROOM_KEY_TLV_ENCRYPTION_CONTEXT: pairs.append(try block.pair(in: value))
            case STRONGROOM_KEY_TLV_CUSTOMER_KEY: context.customerKey = try block.customerKey(in: value)
            case STRONGROOM_KEY_TLV_CONTROL_SECRET: controlSecret = try block.controlSecret(in: value)
            default: try Self.skip(entry.type)
            }
        }
        // Nobody is let in as if the principal's policies had not been told: that is said by leaving both types out.
        guard hasPolicies != false, hasPolicies == true || policies.isEmpty else {
            throw TLVReader.malformed("does not say whether its principal has policies, or says that it has not")
        }
        if hasPolicies == true { caller.policies = policies }
        // Whoever has no policies is let in by the account, whatever a session policy holds back.
        guard caller.roleARN == nil || hasPolicies == true, caller.sessionPolicy == nil || caller.roleARN != nil else {
            throw TLVReader.malformed("has a role without policies, or a session policy without a role")
        }
        if hasCaller {
            caller.transport = secure.map { $0 ? .transportLayerSecurity(version: tlsVersion) : .plain }
            context.caller = caller
        }
        encryptionContext = try EncryptionContext(pairs)
    }

    /// What is unknown is skipped, unless it changes what the operation means.
    static func skip(_ type: Int) throws(KeyBackendError) {
        if type & STRONGROOM_KEY_TLV_CRITICAL != 0 {
            throw KeyBackendError(
                .unsupported,
                "The request has TLV type \(type), which this module must understand and does not; update it.")
        }
    }

    private static let repeated: Set<Int> = [
        STRONGROOM_KEY_TLV_PRINCIPAL_TAG, STRONGROOM_KEY_TLV_GRANT_TOKEN, STRONGROOM_KEY_TLV_ENCRYPTION_CONTEXT,
        STRONGROOM_KEY_TLV_PRINCIPAL_POLICY,
    ]
}

extension RawSpan {
    /// A customer's key, in locked memory at once.
    fileprivate func customerKey(in range: Range<Int>) throws(KeyBackendError) -> SharedSecret {
        guard range.count == Int(STRONGROOM_KEY_CUSTOMER_KEY_SIZE) else {
            throw TLVReader.malformed("has a customer key of \(range.count) bytes")
        }
        return try secret(in: range)
    }

    fileprivate func controlSecret(in range: Range<Int>) throws(KeyBackendError) -> SharedSecret {
        guard (1...Int(STRONGROOM_KEY_CONTROL_SECRET_MAX)).contains(range.count) else {
            throw TLVReader.malformed("has a secret of \(range.count) bytes")
        }
        return try secret(in: range)
    }

    private func secret(in range: Range<Int>) throws(KeyBackendError) -> SharedSecret {
        SharedSecret(
            try SecretBytes(count: range.count) { (room: inout MutableRawSpan) throws(KeyBackendError) in
                for offset in 0..<range.count { room.store(byte(at: range.lowerBound + offset), at: offset) }
            })
    }
}
