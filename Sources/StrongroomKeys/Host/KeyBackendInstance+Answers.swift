internal import CStrongroomKeyBackend
internal import StrongroomCrypto

/// What a backend answers is checked here before anybody uses it. A fault is also logged: the caller may
/// be far from whoever can replace the module.
extension KeyBackendInstance {
    func input(_ wrapped: WrappedDataKey) throws(KeyBackendError) -> [UInt8] {
        guard (1...WrappedDataKey.sizeBytesMax) ~= wrapped.bytes.count else {
            throw KeyBackendError(
                .invalidCiphertext,
                "A wrapped key of \(wrapped.bytes.count) bytes is none; the limit is \(WrappedDataKey.sizeBytesMax)."
            )
        }
        return wrapped.bytes
    }

    func dataKey(in operation: HostOperation) throws(KeyBackendError) -> SecretBytes {
        guard operation.plaintextSize == UInt64(GeneratedDataKey.sizeBytes), let key = operation.takePlaintext() else {
            throw fault("returned a data key of \(operation.plaintextSize) bytes, not \(GeneratedDataKey.sizeBytes)")
        }
        if try key.withBytes({ (bytes) throws(KeyBackendError) in bytes.isAllZeros }) {
            throw fault("returned a data key that is all zeros")
        }
        return key
    }

    /// Nil where none came.
    func secret(in operation: HostOperation, room: Int) throws(KeyBackendError) -> SharedSecret? {
        // What did not fit is no secret that nobody has: whoever asked would take the one for the other.
        guard operation.plaintextSize <= UInt64(room) else {
            throw fault("answered with a secret of \(operation.plaintextSize) bytes, where there is room for \(room)")
        }
        return try operation.takeSecret()
    }

    func wrappedKey(in operation: HostOperation, requestedID: String?) throws(KeyBackendError) -> WrappedDataKey {
        guard let bytes = operation.part(.wrapped), !bytes.isEmpty else {
            throw fault("returned a wrapped key that is empty or larger than \(WrappedDataKey.sizeBytesMax) bytes")
        }
        return WrappedDataKey(
            keyID: try keyID(in: operation, requestedID: requestedID), keyVersion: try keyVersion(in: operation),
            bytes: bytes)
    }

    /// The key that answered is the key that was asked: the same id, or the full name of a short one,
    /// or what an alias points to.
    func keyID(in operation: HostOperation, requestedID: String?) throws(KeyBackendError) -> String {
        guard let id = text(operation.part(.keyID)), !id.isEmpty else {
            throw fault("returned no key id, or one that is no text or too long")
        }
        guard let requestedID else { return id }
        // By their bytes: what Unicode takes for the same is another key.
        if id.utf8.elementsEqual(requestedID.utf8) || requestedID.utf8.contains("alias/".utf8)
            || id.utf8.suffix(requestedID.utf8.count + 1).elementsEqual("/\(requestedID)".utf8)
        {
            return id
        }
        throw fault("answered with key '\(id)' where key '\(requestedID)' was asked for")
    }

    func checkSameKey(_ operation: HostOperation, _ wrapped: WrappedDataKey) throws(KeyBackendError) {
        let id = try keyID(in: operation, requestedID: nil)
        guard id.utf8.elementsEqual(wrapped.keyID.utf8) else {
            throw fault("answered with key '\(id)' where the wrapped key names '\(wrapped.keyID)'")
        }
    }

    func description(in operation: HostOperation, requestedID: String?) throws(KeyBackendError) -> KeyDescription {
        let health: KeyDescription.Health
        switch Int(operation.health) {
        case STRONGROOM_KEY_HEALTH_READY: health = .ready
        case STRONGROOM_KEY_HEALTH_UNWRAP_ONLY: health = .unwrapOnly
        case STRONGROOM_KEY_HEALTH_UNAVAILABLE: health = .unavailable
        default: throw fault("described a key's health as \(operation.health), which is no value of the contract")
        }
        return KeyDescription(
            keyID: try keyID(in: operation, requestedID: requestedID), currentVersion: try keyVersion(in: operation),
            health: health, message: operation.message(otherwise: ""))
    }

    /// A generated key has not been seen before, and its wrapped form does not contain it.
    func checkFresh(_ key: borrowing SecretBytes, _ wrapped: WrappedDataKey) throws(KeyBackendError) {
        if try freshness.isRepeated(key) { throw fault("generated the same data key twice") }
        let isExposed = try key.withBytes { (secret) throws(KeyBackendError) in
            // Safe: bytes have no padding to be read.
            unsafe wrapped.bytes.span.bytes.contains(secret)
        }
        if isExposed { throw fault("returned a wrapped key that contains the key in plaintext") }
    }

    func failure(_ status: Int32, _ operation: HostOperation) -> KeyBackendError {
        if Int(status) == STRONGROOM_KEY_E_BUFFER {
            // Our buffers have the sizes that the contract calls largest.
            return fault("asked for more room than the contract allows")
        }
        let code = KeyBackendError.Code(status: status)
        if code == .moduleFault {
            return fault(operation.message(otherwise: "failed with status \(status)"))
        }
        let text = "The key backend '\(table.name)' answered \(code), without saying more."
        var error = KeyBackendError(code, operation.message(otherwise: text))
        error.reason = operation.reason
        return error
    }

    func fault(_ what: String) -> KeyBackendError {
        // A key id of the module's may be part of it.
        let what = what.withoutControlCharacters
        host.recordFault(what)
        return KeyBackendError(
            .moduleFault,
            "The key backend '\(table.name)' \(what). Its answer was discarded; check the module: module check.")
    }

    private func keyVersion(in operation: HostOperation) throws(KeyBackendError) -> String {
        guard let version = text(operation.part(.keyVersion)), !version.isEmpty else {
            throw fault("returned no key version, or one that is no text or too long")
        }
        return version
    }

    private func text(_ bytes: [UInt8]?) -> String? {
        bytes.flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension RawSpan {
    /// Takes the same time for every content.
    var isAllZeros: Bool {
        var bits: UInt8 = 0
        for offset in 0..<byteCount { bits |= byte(at: offset) }
        return bits == 0
    }

    func contains(_ pattern: RawSpan) -> Bool {
        guard pattern.byteCount > 0, pattern.byteCount <= byteCount else { return false }
        return (0...byteCount - pattern.byteCount).contains { start in
            (0..<pattern.byteCount).allSatisfy { byte(at: start + $0) == pattern.byte(at: $0) }
        }
    }
}
