internal import Logging
internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem

extension StoreOpening {
    /// Opens the key backend that the options name, with the root key or passphrase that they give.
    func openBackend(creates: Bool) async throws(StoreError) -> OpenedBackend {
        do throws(KeyBackendError) {
            let table: KeyBackendTable
            switch options.keyBackend {
            case .linkedS3ManagedKeys: table = S3ManagedKeys.table
            case .module(let module):
                table = try await threads.run { () throws(KeyBackendError) in try KeyModule.load(module).table }
            }
            return try await OpenedBackend.open(table, try rootKeyConfiguration(creates: creates), logger: logger)
        } catch {
            throw StoreError(error)
        }
    }

    private func rootKeyConfiguration(creates: Bool) throws(KeyBackendError) -> KeyBackendConfiguration {
        switch options.rootKey {
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
