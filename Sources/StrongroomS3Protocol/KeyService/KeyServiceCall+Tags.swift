internal import StrongroomKeys

extension KeyServiceCall {
    func tagResource() async throws(KeyServiceRefusal) -> KeyServiceResult {
        guard let tags = try members.tags("Tags") else { throw KeyServiceMembers.missing("Tags") }
        _ = try await ask("tag-key", ["keyId": try required("KeyId"), "tags": tags])
        return .empty
    }

    func untagResource() async throws(KeyServiceRefusal) -> KeyServiceResult {
        guard let names = try list("TagKeys") else { throw KeyServiceMembers.missing("TagKeys") }
        _ = try await ask("untag-key", ["keyId": try required("KeyId"), "tagKeys": names])
        return .empty
    }

    /// The backend gives all at once, at most 50; a marker is the name of the page's first tag.
    func listResourceTags() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let limit = try members.integer("Limit").map { Int($0) } ?? 50
        guard (1...1_000).contains(limit) else {
            throw KeyServiceMembers.constraint(
                "Limit", "\(limit)",
                limit < 1
                    ? "Member must have value greater than or equal to 1"
                    : "Member must have value less than or equal to 1000")
        }
        let reply = try await ask("list-tags", ["keyId": try required("KeyId")])
        guard case .object(let tags)? = reply.members["tags"] else {
            return KeyServiceResult(["Tags": .array([]), "Truncated": .boolean(false)])
        }
        let names = tags.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var first = 0
        if let marker = try members.string("Marker") {
            guard let index = names.firstIndex(of: marker) else {
                throw KeyServiceRefusal("InvalidMarkerException", "The marker is of no tag that the key has.")
            }
            first = index
        }
        let page = names[first...].prefix(limit)
        let next = page.endIndex < names.endIndex ? names[page.endIndex] : nil
        return KeyServiceResult([
            "Tags": .array(page.map { .object(present(["TagKey": .string($0), "TagValue": tags[$0]])) }),
            "NextMarker": next.map { .string($0) }, "Truncated": .boolean(next != nil),
        ])
    }
}
