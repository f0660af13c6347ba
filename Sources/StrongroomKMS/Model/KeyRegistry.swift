/// All keys and aliases of a keyring, and how they change: values only, no files, no secrets, no clocks.
///
/// Invariants: `keys` are ascending by id, `aliases` by name, none comes twice; each alias points to a key that is
/// there; a material and a grant belong to one key; the default key's alias is there.
struct KeyRegistry: Sendable, Equatable {
    let owner: KeyOwner
    private(set) var keys: [KeyRecord] = []
    private(set) var aliases: [AliasRecord] = []
    private var ownersOfMaterials: [KeyMaterialID: KeyID] = [:]
    private var ownersOfGrants: [GrantID: KeyID] = [:]
    /// Ascending.
    private var aliasesOfKeys: [KeyID: [AliasName]] = [:]

    init(owner: KeyOwner) { self.owner = owner }

    /// The registry that a document holds; nil where it breaks an invariant.
    init?(owner: KeyOwner, keys: [KeyRecord], aliases: [AliasRecord]) {
        self.owner = owner
        (self.keys, self.aliases) = (keys, aliases)
        for key in keys { register(key) }
        for alias in aliases { aliasesOfKeys[alias.keyID, default: []].append(alias.name) }
        if !isConsistent { return nil }
    }

    var isConsistent: Bool {
        zip(keys, keys.dropFirst()).allSatisfy { $0.id < $1.id } && keys.allSatisfy(\.isConsistent)
            && zip(aliases, aliases.dropFirst()).allSatisfy { $0.name < $1.name }
            && aliases.allSatisfy { key($0.keyID) != nil } && alias(.defaultKey) != nil
            && ownersOfMaterials.count == keys.reduce(0) { $0 + $1.materials.count }
            && ownersOfGrants.count == keys.reduce(0) { $0 + $1.grants.count }
            && aliases.count == aliasesOfKeys.values.reduce(0) { $0 + $1.count }
            && aliases.allSatisfy { aliasNames(of: $0.keyID).contains($0.name) }
    }

    // MARK: - Looking up

    func key(_ id: KeyID) -> KeyRecord? {
        let index = keys.firstIndex(notBefore: id, by: \.id)
        return index < keys.count && keys[index].id == id ? keys[index] : nil
    }

    func alias(_ name: AliasName) -> AliasRecord? {
        let index = aliases.firstIndex(notBefore: name, by: \.name)
        return index < aliases.count && aliases[index].name == name ? aliases[index] : nil
    }

    /// The names of a key, ascending.
    func aliasNames(of id: KeyID) -> [AliasName] { aliasesOfKeys[id] ?? [] }

    /// The keys that are, or may be, in other regions as well.
    var relatedKeys: [KeyRecord] { keys.filter(\.id.isMultiRegion) }

    func ownerOfMaterial(_ id: KeyMaterialID) -> KeyID? { ownersOfMaterials[id] }

    /// The key that a grant is of.
    func ownerOfGrant(_ id: GrantID) -> KeyRecord? { ownersOfGrants[id].flatMap(key) }

    /// The grant that a token stands for; nil where there is none.
    func grant(with token: GrantToken) -> GrantRecord? {
        guard let grant = ownerOfGrant(token.grantID)?.grant(token.grantID), token.isFor(grant) else { return nil }
        return grant
    }

    /// The key that a request names, in any of the four ways.
    func resolve(_ text: String) throws(KeyServiceError) -> KeyRecord {
        switch try KeyReference(text, owner: owner) {
        case .id(let id):
            guard let found = key(id) else { throw KeyReference.notFound(owner.arn(id)) }
            return found
        case .alias(let name):
            guard let found = alias(name).flatMap({ key($0.keyID) }) else {
                throw KeyServiceError(
                    .notFound, "Alias \(owner.arn(name)) is not found. List the aliases, or create it.")
            }
            return found
        }
    }

    /// The key that a request names by id or ARN; an alias would name another key once it is moved.
    func resolveWithoutAlias(_ text: String, _ what: String) throws(KeyServiceError) -> KeyRecord {
        guard case .id(let id) = try KeyReference(text, owner: owner) else {
            throw KeyServiceError(
                .validation, "\(what) names its key by the alias '\(text)', which may move; give the key's id or ARN.")
        }
        guard let found = key(id) else { throw KeyReference.notFound(owner.arn(id)) }
        return found
    }

    /// The alias by which a request names its key; nil where it names it by id.
    func aliasName(in text: String) -> AliasName? {
        guard case .alias(let name)? = try? KeyReference(text, owner: owner) else { return nil }
        return name
    }

    /// The key that has sealed something, as it is named there: also by the ARN of a related key, whose materials are
    /// the same.
    func resolveSealing(_ text: String, _ what: String) throws(KeyServiceError) -> KeyRecord {
        guard let id = KeyReference.related(text, owner: owner) else { return try resolveWithoutAlias(text, what) }
        if let found = key(id) { return found }
        throw KeyServiceError(
            .notFound,
            "\(what) was sealed by '\(text.prefix(128))', of which there is no replica in \(owner.region); replicate the key "
                + "to this region, or ask in its own.")
    }

    /// Fails where the key's state or origin, or what it is to related keys, forbids the operation.
    ///
    /// - Parameter role: what it is to related keys, where it is not what it will be.
    func check(
        _ operation: KeyOperation, of key: KeyRecord, as role: MultiRegionRecord.Role? = nil
    ) throws(KeyServiceError) {
        let verdict = KeyStateTable.verdict(operation, key.state, key.origin, role ?? key.multiRegion?.role)
        if verdict == .allowed { return }
        let arn = owner.arn(key.id)
        switch verdict {
        case .allowed: preconditionFailure("What is allowed is not refused.")
        case .disabled:
            throw KeyServiceError(.disabled, "\(arn) is disabled. Enable it to use it again.")
        case .pendingDeletion:
            throw KeyServiceError(
                .invalidState, "\(arn) is pending deletion. Cancel that, and enable it, to use it again.")
        case .notPendingDeletion:
            throw KeyServiceError(.invalidState, "\(arn) is not pending deletion.")
        case .pendingImport:
            throw KeyServiceError(
                .invalidState, "\(arn) is pending import. Import the material first that its rotations lack.")
        case .creating:
            throw KeyServiceError(
                .invalidState, "The key \(arn) is creating; open the keyring of its primary to have that finished.")
        case .updating:
            throw KeyServiceError(
                .invalidState, "The key \(arn) is updating; open the keyring of the next primary to have that finished."
            )
        case .otherOrigin:
            throw KeyServiceError(
                .unsupportedOperation,
                "\(arn) origin is \(key.origin.rawValue) which is not valid for this operation.")
        case .noPrimary:
            throw KeyServiceError(
                .unsupportedOperation,
                "\(arn) is not a multi-region primary key. \(operation) needs one; name the primary.")
        case .replica:
            throw KeyServiceError(
                .unsupportedOperation,
                "The key \(arn) is a replica, whose primary does \(operation) for all; name the one in "
                    + "\(key.multiRegion?.primary.region ?? owner.region).")
        }
    }

    // MARK: - Changing keys

    mutating func insert(_ key: KeyRecord) throws(KeyServiceError) {
        guard keys.count < KeyLimits.keysMax else {
            throw KeyServiceError(
                .limitExceeded, "There are \(KeyLimits.keysMax) keys already; open another keyring for more.")
        }
        let index = keys.firstIndex(notBefore: key.id, by: \.id)
        precondition(index == keys.count || keys[index].id != key.id, "A new key has the id of one that is there.")
        keys.insert(key, at: index)
        register(key)
    }

    /// Changes a key that is there.
    mutating func update(_ key: KeyRecord) {
        let index = index(key.id)
        unregister(keys[index])
        keys[index] = key
        register(key)
    }

    /// Takes a key away, with its names, materials and grants.
    mutating func remove(_ id: KeyID) {
        unregister(keys.remove(at: index(id)))
        if aliasesOfKeys.removeValue(forKey: id) != nil { aliases.removeAll { $0.keyID == id } }
    }

    /// Replaces how all that is secret is sealed, not what there is.
    mutating func reseal<Failure: Error>(
        material: (KeyRecord, KeyMaterial) throws(Failure) -> [UInt8],
        verifier: (KeyRecord, ImportedMaterial) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        for keyIndex in keys.indices {
            let key = keys[keyIndex]
            for (index, each) in key.materials.enumerated() {
                keys[keyIndex].materials[index].sealedKey = try material(key, each)
            }
            for (index, each) in key.imported.enumerated() {
                keys[keyIndex].imported[index].sealedVerifier = try verifier(key, each)
            }
        }
    }

    private mutating func register(_ key: KeyRecord) {
        for material in key.materials { ownersOfMaterials[material.id] = key.id }
        for grant in key.grants { ownersOfGrants[grant.id] = key.id }
    }

    private mutating func unregister(_ key: KeyRecord) {
        for material in key.materials { ownersOfMaterials[material.id] = nil }
        for grant in key.grants { ownersOfGrants[grant.id] = nil }
    }

    private func index(_ id: KeyID) -> Int {
        let index = keys.firstIndex(notBefore: id, by: \.id)
        precondition(index < keys.count && keys[index].id == id, "A key that was found is not there.")
        return index
    }

    // MARK: - Changing aliases

    mutating func insert(_ alias: AliasRecord) throws(KeyServiceError) {
        let index = aliases.firstIndex(notBefore: alias.name, by: \.name)
        guard index == aliases.count || aliases[index].name != alias.name else {
            throw KeyServiceError(
                .alreadyExists, "The alias '\(alias.name)' exists already; update it, or choose another name.")
        }
        try checkRoomForAlias(of: alias.keyID)
        aliases.insert(alias, at: index)
        add(alias.name, to: alias.keyID)
    }

    /// Points an alias to another key; returns the key that it pointed to.
    mutating func update(
        _ name: AliasName, to id: KeyID, updatedMilliseconds: Int64
    ) throws(KeyServiceError) -> KeyID {
        let index = try aliasIndex(name)
        let previous = aliases[index].keyID
        if previous != id { try checkRoomForAlias(of: id) }
        take(name, from: previous)
        add(name, to: id)
        aliases[index].keyID = id
        aliases[index].updatedMilliseconds = updatedMilliseconds
        return previous
    }

    /// Returns the key that the alias pointed to.
    mutating func remove(_ name: AliasName) throws(KeyServiceError) -> KeyID {
        let id = aliases.remove(at: try aliasIndex(name)).keyID
        take(name, from: id)
        return id
    }

    private mutating func add(_ name: AliasName, to id: KeyID) {
        let names = aliasNames(of: id)
        aliasesOfKeys[id, default: []].insert(name, at: names.firstIndex(notBefore: name, by: \.self))
    }

    private mutating func take(_ name: AliasName, from id: KeyID) {
        let rest = aliasNames(of: id).filter { $0 != name }
        aliasesOfKeys[id] = rest.isEmpty ? nil : rest
    }

    private func aliasIndex(_ name: AliasName) throws(KeyServiceError) -> Int {
        let index = aliases.firstIndex(notBefore: name, by: \.name)
        guard index < aliases.count, aliases[index].name == name else {
            throw KeyServiceError(.notFound, "The alias '\(name)' does not exist; list the aliases, or create it.")
        }
        return index
    }

    private func checkRoomForAlias(of id: KeyID) throws(KeyServiceError) {
        guard aliasNames(of: id).count < KeyLimits.aliasesPerKeyMax else {
            throw KeyServiceError(
                .limitExceeded,
                "The key \(owner.arn(id)) has \(KeyLimits.aliasesPerKeyMax) aliases already; delete one first.")
        }
    }
}

extension Array {
    /// Where an element with this key is or would be inserted; the array is ascending by `key`.
    func firstIndex<Key: Comparable>(notBefore wanted: Key, by key: (Element) -> Key) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if key(self[middle]) < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
