internal import StrongroomKeys

extension KeyServiceCall {
    func replicateKey() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let tags = try members.tags("Tags")
        let replica = try await ask(
            "replicate-key",
            [
                "keyId": try required("KeyId"), "replicaRegion": try required("ReplicaRegion"),
                "description": try string("Description"), "policy": try string("Policy"),
                "bypassLockoutCheck": try flag("BypassPolicyLockoutSafetyCheck"), "tags": tags,
            ])
        var list: [JSONValue] = []
        if case .object(let pairs)? = tags {
            list = pairs.sorted { $0.key < $1.key }.map { .object(["TagKey": .string($0.key), "TagValue": $0.value]) }
        }
        return KeyServiceResult([
            "ReplicaKeyMetadata": metadata(replica), "ReplicaPolicy": replica.members["policy"],
            "ReplicaTags": .array(list),
        ])
    }

    func updatePrimaryRegion() async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask(
            "update-primary-region",
            ["keyId": try required("KeyId"), "primaryRegion": try required("PrimaryRegion")])
        return .empty
    }
}
