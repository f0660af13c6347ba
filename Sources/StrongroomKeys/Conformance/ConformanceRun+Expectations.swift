internal import CStrongroomKeyBackend
internal import StrongroomCrypto
internal import StrongroomSystem

extension ConformanceRun {
    /// A short deadline, and a caller with everything that a caller can have, of the account that keys belong to where
    /// nobody has named one: a backend may refuse others. No grant tokens: a backend may refuse those it did not make.
    static func context(for instance: KeyBackendInstance) -> KeyRequestContext {
        KeyRequestContext(
            caller: Caller(
                principal: "arn:aws:iam::000000000000:user/conformance", account: "000000000000",
                tags: ["team": "é"], multiFactorAgeSeconds: 40, sourceAddress: "192.0.2.7",
                transport: .transportLayerSecurity(version: "1.3"), viaService: "s3"),
            requestID: "conformance",
            deadlineNanoseconds: PosixClock().bootNanoseconds()
                + KeyModuleConformance.callDeadlineSeconds * 1_000_000_000,
            customerKey: instance.table.needsCustomerKey ? customerKey : nil)
    }

    /// For backends that need one. No secret: it seals nothing but what the checks make.
    static let customerKey: SharedSecret = {
        do throws(SecretMemoryError) {
            return SharedSecret(
                try SecretBytes(count: Int(STRONGROOM_KEY_CUSTOMER_KEY_SIZE)) {
                    (room: inout MutableRawSpan) throws(SecretMemoryError) in
                    for offset in 0..<room.byteCount { room.store(UInt8(offset + 1), at: offset) }
                })
        } catch {
            preconditionFailure("No locked memory for a key to check with: \(error)")
        }
    }()

    static func encryptionContext(_ name: String) throws(ConformanceFailure) -> EncryptionContext {
        do throws(KeyBackendError) {
            return try EncryptionContext([(name: name, value: "value"), (name: "unicode é", value: "")])
        } catch {
            throw ConformanceFailure(error.message)
        }
    }

    static func expect<Value>(
        _ body: () async throws(KeyBackendError) -> Value
    ) async throws(ConformanceFailure) -> Value {
        do throws(KeyBackendError) {
            return try await body()
        } catch {
            throw ConformanceFailure("\(error)")
        }
    }

    static func expectFailure(
        _ codes: [KeyBackendError.Code], _ what: String, _ body: () async throws(KeyBackendError) -> Void
    ) async throws(ConformanceFailure) {
        do throws(KeyBackendError) {
            try await body()
        } catch {
            if codes.contains(error.code) { return }
            throw ConformanceFailure("\(what) is answered with \(error.code), not with \(codes[0])")
        }
        throw ConformanceFailure("\(what) is accepted")
    }

    static func checkOpens(
        _ wrapped: WrappedDataKey, to key: SharedSecret, _ instance: KeyBackendInstance, _ what: String
    ) async throws(ConformanceFailure) {
        let request = UnwrapRequest(encryptionContext: try encryptionContext("a"), context: context(for: instance))
        let isSame = try await expect { () throws(KeyBackendError) in
            let opened = try await instance.unwrap(wrapped, for: request)
            do throws(SecretMemoryError) {
                return try opened.isEqual(to: key.bytes)
            } catch {
                throw KeyBackendError(secretMemory: error)
            }
        }
        if !isSame { throw ConformanceFailure("\(what) opens to another data key") }
    }

    func checkRefused(
        _ wrapped: WrappedDataKey, _ codes: [KeyBackendError.Code], _ what: String,
        context encryptionContext: EncryptionContext? = nil
    ) async throws(ConformanceFailure) {
        let instance = try instance
        var expected = try Self.encryptionContext("a")
        if let encryptionContext { expected = encryptionContext }
        let request = UnwrapRequest(encryptionContext: expected, context: Self.context(for: instance))
        try await Self.expectFailure(codes, what) { () throws(KeyBackendError) in
            _ = try await instance.unwrap(wrapped, for: request)
        }
    }

    /// The key that was generated last.
    var current: (WrappedDataKey, SharedSecret) {
        get throws(ConformanceFailure) {
            guard let wrapped, let key else { throw ConformanceFailure("there is no key to work with") }
            return (wrapped, key)
        }
    }
}
