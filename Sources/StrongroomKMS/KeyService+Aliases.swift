public import StrongroomKeys

/// Names of keys. A name that is moved or taken away leaves what was sealed as it is: that names its key by ARN.
extension KeyService {
    /// Gives a key a name: `alias/` and letters, digits, `:`, `/`, `_` or `-`. Names under `alias/aws/` are reserved.
    ///
    /// - Parameters:
    ///   - name: the new name.
    ///   - targetKeyID: the key, by id or ARN.
    ///   - caller: on whose behalf; nil for the account's root, inside this process.
    public func createAlias(
        _ name: String, targetKeyID: String, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> AliasDescription {
        let name = try Self.nameToChange(name)
        return try await change { [self] (registry, _) throws(KeyServiceError) in
            let key = try target(targetKeyID, .createAlias, registry, caller)
            let now = host.wallMilliseconds()
            let alias = AliasRecord(name: name, keyID: key.id, createdMilliseconds: now, updatedMilliseconds: now)
            try registry.insert(alias)
            return Self.description(of: alias, registry.owner)
        }
    }

    /// Points a name to another key, by id or ARN.
    public func updateAlias(
        _ name: String, targetKeyID: String, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> AliasDescription {
        let name = try Self.nameToChange(name)
        return try await change { [self] (registry, _) throws(KeyServiceError) in
            let key = try target(targetKeyID, .updateAlias, registry, caller)
            try authorizeChange(of: name, .updateAlias, registry, caller)
            _ = try registry.update(name, to: key.id, updatedMilliseconds: host.wallMilliseconds())
            guard let alias = registry.alias(name) else {
                preconditionFailure("The alias '\(name)' was updated and is not there.")
            }
            return Self.description(of: alias, registry.owner)
        }
    }

    /// Takes a name away; the key stays.
    public func deleteAlias(_ name: String, as caller: Caller? = nil) async throws(KeyServiceError) {
        let name = try Self.nameToChange(name)
        try await change { [self] (registry, _) throws(KeyServiceError) in
            try authorizeChange(of: name, .deleteAlias, registry, caller)
            counters.count(.deleteAlias, of: try registry.remove(name))
        }
    }

    /// A page of all aliases, ascending by name; of those of one key, where one is named.
    public func listAliases(
        keyID: String? = nil, limit: Int = KeyService.pageSizeDefault, marker: String? = nil, as caller: Caller? = nil
    ) async throws(KeyServiceError) -> KeyPage<AliasDescription> {
        let registry = try current().registry
        try authorizeAccount("kms:ListAliases", registry, caller)
        var first = 0
        if let marker {
            guard let name = try? AliasName(marker) else { throw Self.invalidMarker(marker) }
            first = registry.aliases.firstIndex(notBefore: name, by: \.name)
        }
        var aliases = registry.aliases[first...]
        if let keyID {
            let key = try registry.resolveWithoutAlias(keyID, "A list of aliases")
            counters.count(.listAliases, of: key.id)
            aliases = aliases.filter { $0.keyID == key.id }[...]
        }
        let (items, next) = try Self.page(of: aliases, limit)
        return KeyPage(
            items: items.map { Self.description(of: $0, registry.owner) }, nextMarker: next?.name.description)
    }

    private static func nameToChange(_ text: String) throws(KeyServiceError) -> AliasName {
        let name = try AliasName(text)
        try name.checkNotReserved()
        return name
    }

    /// Of the key that an alias leads to: who may not touch that takes no name from it. One that is not there is found
    /// out by the change.
    private func authorizeChange(
        of name: AliasName, _ operation: KeyOperation, _ registry: KeyRegistry, _ caller: Caller?
    ) throws(KeyServiceError) {
        guard let alias = registry.alias(name), let key = registry.key(alias.keyID) else { return }
        try authorize(operation, key, registry, caller, alias: name)
    }

    private func target(
        _ keyID: String, _ operation: KeyOperation, _ registry: KeyRegistry, _ caller: Caller?
    ) throws(KeyServiceError) -> KeyRecord {
        let key = try registry.resolveWithoutAlias(keyID, "An alias")
        counters.count(operation, of: key.id)
        try authorize(operation, key, registry, caller)
        try registry.check(operation, of: key)
        return key
    }

    private static func description(of alias: AliasRecord, _ owner: KeyOwner) -> AliasDescription {
        AliasDescription(
            name: alias.name.description, arn: owner.arn(alias.name), targetKeyID: alias.keyID.description,
            createdMilliseconds: alias.createdMilliseconds, updatedMilliseconds: alias.updatedMilliseconds)
    }
}
