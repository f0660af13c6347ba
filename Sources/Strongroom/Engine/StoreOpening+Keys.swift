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
                logger: logger, metrics: metrics, limits: options.keyBackendLimits)
        } catch {
            throw StoreError(error)
        }
    }

    /// Opens the backend that keeps no keys: requests bring theirs.
    func openCustomerKeys() async throws(StoreError) -> OpenedBackend {
        do throws(KeyBackendError) {
            return try await OpenedBackend.open(
                CustomerKeys.table, KeyBackendConfiguration(), logger: logger, metrics: metrics)
        } catch {
            throw StoreError(error)
        }
    }

    /// The way to the key service that the options name; nil where they name none. Its keys are made when it is needed
    /// for the first time, and never again: what it sealed would be lost without a word.
    func keyServiceLink(_ description: StoreDescription) throws(StoreError) -> KeyServiceLink? {
        guard let service = options.keyService else { return nil }
        if case .linked(let table) = service.backend { try check(table, description) }
        return KeyServiceLink(service) { () async throws(StoreError) in try await openKeyService(service) }
    }

    private func check(_ table: KeyBackendTable, _ description: StoreDescription) throws(StoreError) {
        guard table.name != description.keyBackend, table.name != S3ManagedKeys.table.name else {
            throw StoreError(
                .invalidArgument, "A store's own keys are no key service; name another backend, such as KMSKeys.")
        }
        guard let recorded = description.keyService, recorded != table.name else { return }
        throw StoreError(
            .keyNotFound,
            "The store's SSE-KMS keys are kept by the backend \(recorded.debugDescription), and "
                + "\(table.name.debugDescription) was given.")
    }

    private func openKeyService(
        _ service: KeyServiceOptions
    ) async throws(StoreError) -> OpenedBackend {
        // As it is now, under the store's lock: nobody else has written it since.
        var description = try await onThread { () throws(StorageError) in
            if let restored { return restored }
            return try StoreDescription.read(in: directory, fileSystem)
        }
        let table: KeyBackendTable
        do throws(KeyBackendError) {
            table = try await self.table(service.backend)
        } catch {
            throw StoreError(error)
        }
        try check(table, description)
        let opened: OpenedBackend
        do throws(KeyBackendError) {
            opened = try await open(
                table, service, mayCreate: description.keyService == nil && restored == nil)
        } catch {
            throw StoreError(error)
        }
        if description.keyService == nil, restored == nil {
            // Before anything is under them: from now on the service's keys are never made anew.
            description.keyService = table.name
            // A second copy that does not know of them must not come in the place of this.
            try await onThread { () throws(StorageError) in
                try SpareFiles(directory: directory, fileSystem: fileSystem).forget(StoreDescription.fileName)
            }
            try await write(description)
            try await refreshSpares()
        }
        return opened
    }

    private func open(
        _ table: KeyBackendTable, _ service: KeyServiceOptions, mayCreate: Bool
    ) async throws(KeyBackendError) -> OpenedBackend {
        for creates in [false, true] {
            var configuration = try configuration(service.rootKey, creates: creates)
            configuration.settings.merge(service.settings) { _, own in own }
            if creates { configuration.settings.merge(service.creationSettings) { _, own in own } }
            do throws(KeyBackendError) {
                return try await OpenedBackend.open(
                    table, configuration, logger: logger, metrics: metrics, limits: service.limits, alwaysLimits: true,
                    deadlineSeconds: max(service.deadlineSeconds, Self.keyServiceOpenSeconds))
            } catch {
                guard error.code == .keyringMissing, mayCreate, !creates else { throw error }
            }
        }
        preconditionFailure("the second attempt returns or throws")
    }

    /// To open a service takes longer than a call of it: a passphrase is stretched.
    private static let keyServiceOpenSeconds = 20

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
    ///
    /// - Parameters:
    ///   - limits: how it is protected if it may take its time.
    ///   - alwaysLimits: whether it is also if it says that it answers promptly.
    static func open(
        _ table: KeyBackendTable, _ configuration: consuming KeyBackendConfiguration, logger: Logger,
        metrics: StoreMetrics, limits: KeyBackendLimits = KeyBackendLimits(), alwaysLimits: Bool = false,
        deadlineSeconds: Int = Int(KeyBackendInstance.openDeadlineSeconds)
    ) async throws(KeyBackendError) -> OpenedBackend {
        let host = ProcessKeyBackendHost(
            log: { level, message in
                // Modules are not trusted to write log lines: their text is quoted.
                logger.log(level: level.logLevel, "\(message.debugDescription)", metadata: ["source": "key backend"])
            }, stores: { await OpenStores.shared.dependencies(on: $0, version: $1) })
        let backend = try await KeyBackendInstance.open(
            table, configuration: configuration, host: host, deadlineSeconds: UInt64(deadlineSeconds))
        let isLimited = alwaysLimits || !table.returnsPromptly
        return OpenedBackend(
            id: table.name,
            backend: isLimited
                ? ProtectedKeyBackend(
                    backend, name: table.name, limits: limits,
                    observer: metrics.keyBackend(table.name, logger: logger))
                : backend,
            mayMakeKeysAhead: table.returnsPromptly, heedsPolicies: table.heedsPolicies, logger: logger)
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
