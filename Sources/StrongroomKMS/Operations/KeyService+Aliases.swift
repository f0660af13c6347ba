internal import StrongroomKeys

/// Names of keys. A name that is moved or taken away leaves what was sealed as it is: that names its key by ARN.
extension KeyService {
    /// Gives a key a name: `alias/` and letters, digits, `:`, `/`, `_` or `-`. Names under `alias/aws/` are reserved.
    ///
    /// - Parameters:
    ///   - name: the new name.
    ///   - targetKeyID: the key, by id or ARN.
    ///   - requester: on whose behalf.
    public func createAlias(
        _ name: String, targetKeyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> AliasDescription {
        let call = KeyCall(.createAlias, requester).asks("aliasName", name).asks("targetKeyId", targetKeyID)
        let name = try await checked(call) { () throws(KeyServiceError) in try Self.nameToChange(name) }
        return try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(targetKeyID, "An alias", call, registry)
            let now = host.wallMilliseconds()
            let alias = AliasRecord(name: name, keyID: key.id, createdMilliseconds: now, updatedMilliseconds: now)
            try registry.insert(alias)
            return Self.description(of: alias, registry.owner)
        }
    }

    /// Points a name to another key, by id or ARN.
    public func updateAlias(
        _ name: String, targetKeyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> AliasDescription {
        let call = KeyCall(.updateAlias, requester).asks("aliasName", name).asks("targetKeyId", targetKeyID)
        let name = try await checked(call) { () throws(KeyServiceError) in try Self.nameToChange(name) }
        return try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            let key = try authorizedWithoutAlias(targetKeyID, "An alias", call, registry)
            try authorizeChange(of: name, call, registry)
            _ = try registry.update(name, to: key.id, updatedMilliseconds: host.wallMilliseconds())
            guard let alias = registry.alias(name) else {
                preconditionFailure("The alias '\(name)' was updated and is not there.")
            }
            return Self.description(of: alias, registry.owner)
        }
    }

    /// Takes a name away; the key stays.
    public func deleteAlias(_ name: String, as requester: KeyRequester = .root) async throws(KeyServiceError) {
        let call = KeyCall(.deleteAlias, requester).asks("aliasName", name)
        let name = try await checked(call) { () throws(KeyServiceError) in try Self.nameToChange(name) }
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            try authorizeChange(of: name, call, registry)
            meter.count(call, of: try registry.remove(name))
        }
    }

    /// A page of all aliases, ascending by name; of those of one key, where one is named.
    public func listAliases(
        keyID: String? = nil, limit: Int = KeyService.pageSizeDefault, marker: String? = nil,
        as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> KeyPage<AliasDescription> {
        let call = KeyCall(.listAliases, requester).asks("marker", marker)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            let registry = keyring.registry
            try authorizeAccount(call, registry)
            var first = 0
            if let marker {
                guard let name = try? AliasName(marker) else { throw Self.invalidMarker(marker) }
                first = registry.aliases.firstIndex(notBefore: name, by: \.name)
            }
            var aliases = registry.aliases[first...]
            if let keyID {
                let key = found(try registry.resolveWithoutAlias(keyID, "A list of aliases"), call, registry)
                aliases = aliases.filter { $0.keyID == key.id }[...]
            }
            let (items, next) = try Self.page(of: aliases, limit)
            return KeyPage(
                items: items.map { Self.description(of: $0, registry.owner) }, nextMarker: next?.name.description)
        }
    }

    private static func nameToChange(_ text: String) throws(KeyServiceError) -> AliasName {
        let name = try AliasName(text)
        try name.checkNotReserved()
        return name
    }

    /// Of the key that an alias leads to: who may not touch that takes no name from it. One that is not there is found
    /// out by the change.
    private func authorizeChange(
        of name: AliasName, _ call: KeyCall, _ registry: KeyRegistry
    ) throws(KeyServiceError) {
        guard let alias = registry.alias(name), let key = registry.key(alias.keyID) else { return }
        call.isAbout(registry.owner.arn(key.id))
        try authorize(key, call, registry, alias: name)
    }

    private static func description(of alias: AliasRecord, _ owner: KeyOwner) -> AliasDescription {
        AliasDescription(
            name: alias.name.description, arn: owner.arn(alias.name), targetKeyID: alias.keyID.description,
            createdMilliseconds: alias.createdMilliseconds, updatedMilliseconds: alias.updatedMilliseconds)
    }
}
