/// Labels of keys. Policies can ask for them: `aws:ResourceTag/NAME`.
extension KeyService {
    /// Gives a key tags; one of the same name is replaced.
    ///
    /// - Parameters:
    ///   - keyID: the key, by id or ARN.
    ///   - tags: those to give; a key has at most 50.
    ///   - requester: on whose behalf.
    public func tagKey(
        _ keyID: String, with tags: [KeyTag], as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        let call = KeyCall(.tagResource, requester)
        for tag in tags { call.asks("tag:\(tag.name)", tag.value) }
        try await changeTags(of: keyID, call, ConditionFacts.ofNewTags(tags)) { (key) throws(KeyServiceError) in
            try key.add(tags)
        }
    }

    /// Takes tags from a key, by their names; one that it does not have is no failure.
    public func untagKey(
        _ keyID: String, names: [String], as requester: KeyRequester = .root
    ) async throws(KeyServiceError) {
        try await changeTags(
            of: keyID, KeyCall(.untagResource, requester).asks("tagKeys", names.joined(separator: " ")),
            ["aws:TagKeys": names]
        ) { key in
            key.tags.removeAll { tag in names.contains { $0.utf8.elementsEqual(tag.name.utf8) } }
        }
    }

    /// A key's tags, ascending by name.
    public func tags(
        of keyID: String, as requester: KeyRequester = .root
    ) async throws(KeyServiceError) -> [KeyTag] {
        let call = KeyCall(.listResourceTags, requester)
        return try await answer(call) { (keyring) throws(KeyServiceError) in
            try authorizedWithoutAlias(keyID, "A tag", call, keyring.registry).tags
        }
    }

    private func changeTags(
        of keyID: String, _ call: KeyCall, _ conditions: [String: [String]],
        _ body: @escaping @Sendable (inout KeyRecord) throws(KeyServiceError) -> Void
    ) async throws(KeyServiceError) {
        try await change(call) { [self] (registry, _) throws(KeyServiceError) in
            var key = try authorizedWithoutAlias(keyID, "A tag", call, registry, conditions: conditions)
            guard key.manager == .customer else {
                throw KeyServiceError(
                    .accessDenied, "The key \(registry.owner.arn(key.id)) is the service's own, which has no tags.")
            }
            try body(&key)
            registry.update(key)
        }
    }
}

extension KeyRecord {
    /// - Throws: `Tag` where a name comes twice, would be another spelling of one that is there, or is one too many.
    mutating func add(_ new: [KeyTag]) throws(KeyServiceError) {
        guard Set(new.map(\.name)).count == new.count else {
            throw KeyServiceError(.tag, "Duplicate tag keys. Give each name once.")
        }
        // Policies look at bytes: the name that they know must not go by another spelling of it.
        for tag in new {
            guard let old = tags.first(where: { $0.name == tag.name && !$0.name.utf8.elementsEqual(tag.name.utf8) })
            else { continue }
            throw KeyServiceError(
                .tag, "The tag '\(old.name.prefix(64))' is there in another spelling of Unicode; give it that name.")
        }
        tags.removeAll { old in new.contains { $0.name == old.name } }
        tags = (tags + new).sorted { $0.name < $1.name }
        guard tags.count <= KeyLimits.tagsPerKeyMax else {
            throw KeyServiceError(
                .tag, "Too many tags. A key has at most \(KeyLimits.tagsPerKeyMax); take some away first.")
        }
    }
}
