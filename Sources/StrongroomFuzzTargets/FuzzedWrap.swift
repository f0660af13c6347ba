internal import StrongroomCrypto
internal import StrongroomKeys

/// A wrapped key with what goes with it when it is opened, and the key.
struct FuzzedWrap: Sendable {
    /// What a backend looks at besides the bytes.
    struct Parts: OptionSet, Sendable {
        let rawValue: UInt8

        /// Of the key and of its version.
        static let names = Parts(rawValue: 1)
        static let context = Parts(rawValue: 2)
        static let customerKey = Parts(rawValue: 4)
    }

    var wrapped: WrappedDataKey
    var context: EncryptionContext
    /// Where the caller brings one.
    var customerKey: [UInt8]?
    let key: [UInt8]

    /// By their bytes: what Unicode takes for the same names another key.
    func isSame(as other: FuzzedWrap, in parts: Parts) -> Bool {
        guard wrapped.bytes == other.wrapped.bytes else { return false }
        if parts.contains(.names) {
            guard wrapped.keyID.utf8.elementsEqual(other.wrapped.keyID.utf8),
                wrapped.keyVersion.utf8.elementsEqual(other.wrapped.keyVersion.utf8)
            else { return false }
        }
        if parts.contains(.context), context != other.context { return false }
        return !parts.contains(.customerKey) || customerKey == other.customerKey
    }

    func requestContext() throws(KeyBackendError) -> KeyRequestContext {
        guard let customerKey else { return KeyRequestContext() }
        let secret = try SecretBytes(count: customerKey.count) { (span: inout MutableRawSpan) throws(KeyBackendError) in
            for (offset, byte) in customerKey.enumerated() {
                span.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
        }
        return KeyRequestContext(customerKey: SharedSecret(secret))
    }

    // MARK: Edits

    /// - Parameter other: a wrap by the same backend, of which parts may be put in here.
    mutating func edit(_ input: inout FuzzInput, _ other: FuzzedWrap) {
        switch input.byte() % 10 {
        case 0...2: wrapped.bytes.edit(&input)
        case 3: wrapped.bytes = other.wrapped.bytes
        case 4:
            let place = input.index(below: wrapped.bytes.count)
            wrapped.bytes = Array(wrapped.bytes.prefix(place) + other.wrapped.bytes.dropFirst(place))
        case 5: wrapped.keyID = Self.changed(wrapped.keyID, other.wrapped.keyID, &input)
        case 6: wrapped.keyVersion = Self.changed(wrapped.keyVersion, other.wrapped.keyVersion, &input)
        case 7: context = Self.changed(context, other.context, &input)
        case 8: changeCustomerKey(&input, other)
        default: wrapped.bytes = input.bytes(atMost: Int(input.byte()))
        }
    }

    /// A wrap that the archive has sealed has its checksum behind the magic, the version and the epoch.
    mutating func makeChecksumHold() {
        guard wrapped.bytes.count >= 16 else { return }
        let covered = Array(wrapped.bytes[..<12] + wrapped.bytes[16...])
        wrapped.bytes.store(checksum(covered[...]), at: 12)
    }

    private static func changed(_ text: String, _ other: String, _ input: inout FuzzInput) -> String {
        guard input.byte() % 2 == 1 else { return other }
        var bytes = Array(text.utf8)
        bytes.edit(&input)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func changed(
        _ context: EncryptionContext, _ other: EncryptionContext, _ input: inout FuzzInput
    ) -> EncryptionContext {
        guard input.byte() % 2 == 1 else { return other }
        var bytes = context.canonicalBytes
        bytes.edit(&input)
        if let edited = EncryptionContext(canonicalBytes: bytes) { return edited }
        let name = String(decoding: bytes, as: UTF8.self)
        let pairs: [String: String] = [name: String(decoding: input.bytes(atMost: 8), as: UTF8.self)]
        return (try? EncryptionContext(pairs)) ?? context
    }

    private mutating func changeCustomerKey(_ input: inout FuzzInput, _ other: FuzzedWrap) {
        let choice = input.byte()
        guard var changed = customerKey, choice % 4 != 0 else {
            customerKey = other.customerKey
            return
        }
        changed[Int(input.byte()) % changed.count] ^= 1 << (input.byte() % 8)
        customerKey = choice % 4 == 1 ? nil : changed
    }
}
