internal import Logging
internal import StrongroomCrypto
internal import StrongroomCustomerKeys
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem

extension StoreOpening {
    /// Opens the key backend that the options name, with the root key or passphrase that they give.
    func openBackend(creates: Bool) async throws(StoreError) -> OpenedBackend {
        do throws(KeyBackendError) {
            return try await OpenedBackend.open(
                try await table(options.keyBackend), try configuration(options.rootKey, creates: creates),
                logger: logger)
        } catch {
            throw StoreError(error)
        }
    }

    /// Opens the backend that keeps no keys: requests bring theirs.
    func openCustomerKeys() async throws(StoreError) -> OpenedBackend {
        do throws(KeyBackendError) {
            return try await OpenedBackend.open(CustomerKeys.table, KeyBackendConfiguration(), logger: logger)
        } catch {
            throw StoreError(error)
        }
    }

    /// Opens the key service that the options name; nil where they name none. Its keys are made when the store meets it
    /// for the first time, and never again: what it sealed would be lost without a word.
    func openKeyService(recorded: String?) async throws(StoreError) -> OpenedKeyService? {
        guard let service = options.keyService else { return nil }
        let opened: OpenedBackend
        do throws(KeyBackendError) {
            let table = try await table(service.backend)
            guard recorded == nil || recorded == table.name else {
                throw KeyBackendError(
                    .keyNotFound,
                    "The store's SSE-KMS keys are kept by the backend '\(recorded ?? "")', "
                        + "and '\(table.name)' was given."
                )
            }
            opened = try await open(table, service, mayCreate: recorded == nil)
        } catch {
            throw StoreError(error)
        }
        return OpenedKeyService(opened, service)
    }

    private func open(
        _ table: KeyBackendTable, _ service: KeyServiceOptions, mayCreate: Bool
    ) async throws(KeyBackendError) -> OpenedBackend {
        for creates in [false, true] {
            var configuration = try configuration(service.rootKey, creates: creates)
            configuration.settings.merge(service.settings) { _, own in own }
            do throws(KeyBackendError) {
                return try await OpenedBackend.open(table, configuration, logger: logger)
            } catch {
                guard error.code == .keyringMissing, mayCreate, !creates else { throw error }
            }
        }
        preconditionFailure("the second attempt returns or throws")
    }

    private func table(_ source: KeyBackendSource) async throws(KeyBackendError) -> KeyBackendTable {
        switch source {
        case .linkedS3ManagedKeys: S3ManagedKeys.table
        case .linked(let table): table
        case .module(let module):
            try await threads.run { () throws(KeyBackendError) in try KeyModule.load(module).table }
        }
    }

    private func configuration(_ rootKey: RootKey, creates: Bool) throws(KeyBackendError) -> KeyBackendConfiguration {
        switch rootKey {
        case .fileInKeyring:
            return S3ManagedKeys.configuration(keyring: keyring, creates: creates)
        case .file(let path):
            return S3ManagedKeys.configuration(keyring: keyring, rootKey: .file(path), creates: creates)
        case .passphrase(let passphrase):
            do {
                let copy = try passphrase.bytes.copy()
                return S3ManagedKeys.configuration(keyring: keyring, rootKey: .passphrase(copy), creates: creates)
            } catch {
                throw KeyBackendError(.unavailable, "The passphrase cannot be kept in memory.", underlying: error)
            }
        }
    }
}

extension OpenedBackend {
    /// An instance that logs where the store does.
    static func open(
        _ table: KeyBackendTable, _ configuration: consuming KeyBackendConfiguration, logger: Logger
    ) async throws(KeyBackendError) -> OpenedBackend {
        let host = ProcessKeyBackendHost(log: { level, message in
            // Modules are not trusted to write log lines: their text is quoted.
            logger.log(level: level.logLevel, "\(message.debugDescription)", metadata: ["source": "key backend"])
        })
        let backend = try await KeyBackendInstance.open(table, configuration: configuration, host: host)
        return OpenedBackend(id: table.name, backend: backend, mayMakeKeysAhead: table.returnsPromptly, logger: logger)
    }
}

extension KeyBackendLogLevel {
    fileprivate var logLevel: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
