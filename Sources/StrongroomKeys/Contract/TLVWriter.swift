internal import CStrongroomKeyBackend

/// Writes the TLV blocks of `strongroom_key_backend.h`: `u16 type | u16 zero | u32 length | value`.
struct TLVWriter {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Appends to a block.
    init(continuing block: [UInt8]) { bytes = block }

    mutating func append(_ type: Int, _ value: some Collection<UInt8>) {
        appendHeader(type, valueSize: value.count)
        bytes.append(contentsOf: value)
    }

    /// The header of an entry whose value the caller puts behind it: a secret stays out of this array.
    mutating func appendHeader(_ type: Int, valueSize: Int) {
        bytes.appendLittleEndian(UInt16(type))
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(UInt32(valueSize))
    }

    mutating func append(_ type: Int, text: String) { append(type, text.utf8) }

    mutating func append(_ type: Int, text: String?) {
        if let text { append(type, text.utf8) }
    }

    mutating func append(_ type: Int, flag: Bool) { append(type, CollectionOfOne(flag ? 1 : 0)) }

    mutating func append(_ type: Int, integer: UInt64?) {
        guard let integer else { return }
        var value: [UInt8] = []
        value.appendLittleEndian(integer)
        append(type, value)
    }

    mutating func append(_ type: Int, pair name: String, _ value: String) {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(name.utf8.count))
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: value.utf8)
        append(type, bytes)
    }
}

extension TLVWriter {
    /// The context of one operation on `keyID`.
    static func operation(
        _ context: KeyRequestContext, keyID: String? = nil, keyVersion: String? = nil,
        encryptionContext: EncryptionContext = .empty, deadlineNanoseconds: UInt64
    ) -> [UInt8] {
        var writer = TLVWriter()
        if let caller = context.caller { writer.append(caller) }
        for token in context.grantTokens { writer.append(STRONGROOM_KEY_TLV_GRANT_TOKEN, text: token) }
        if !context.requestID.isEmpty { writer.append(STRONGROOM_KEY_TLV_REQUEST_ID, text: context.requestID) }
        writer.append(STRONGROOM_KEY_TLV_DEADLINE, integer: deadlineNanoseconds)
        writer.append(STRONGROOM_KEY_TLV_KEY_ID, text: keyID)
        writer.append(STRONGROOM_KEY_TLV_KEY_VERSION, text: keyVersion)
        for pair in encryptionContext.pairs {
            writer.append(STRONGROOM_KEY_TLV_ENCRYPTION_CONTEXT, pair: pair.name, pair.value)
        }
        return writer.bytes
    }

    private mutating func append(_ caller: Caller) {
        append(STRONGROOM_KEY_TLV_PRINCIPAL, text: caller.principal)
        append(STRONGROOM_KEY_TLV_ACCOUNT, text: caller.account)
        for (name, value) in caller.tags.sorted(by: { $0.key < $1.key }) {
            append(STRONGROOM_KEY_TLV_PRINCIPAL_TAG, pair: name, value)
        }
        append(STRONGROOM_KEY_TLV_MFA_AGE_SECONDS, integer: caller.multiFactorAgeSeconds)
        append(STRONGROOM_KEY_TLV_SOURCE_ADDRESS, text: caller.sourceAddress)
        switch caller.transport {
        case .transportLayerSecurity(let version):
            append(STRONGROOM_KEY_TLV_SECURE_TRANSPORT, flag: true)
            append(STRONGROOM_KEY_TLV_TLS_VERSION, text: version)
        case .plain: append(STRONGROOM_KEY_TLV_SECURE_TRANSPORT, flag: false)
        case nil: break
        }
        append(STRONGROOM_KEY_TLV_VIA_SERVICE, text: caller.viaService)
        if let policies = caller.policies {
            append(STRONGROOM_KEY_TLV_HAS_POLICIES, flag: true)
            for policy in policies { append(STRONGROOM_KEY_TLV_PRINCIPAL_POLICY, text: policy) }
        }
        append(STRONGROOM_KEY_TLV_ROLE, text: caller.roleARN)
        append(STRONGROOM_KEY_TLV_SESSION_POLICY, text: caller.sessionPolicy)
    }
}
