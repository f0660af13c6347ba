internal import StrongroomKeys

extension KeyServiceCall {
    private static let policyName = "default"

    func getKeyPolicy() async throws(KeyServiceRefusal) -> KeyServiceResult {
        try checkPolicyName()
        let reply = try await ask("get-key-policy", ["keyId": try required("KeyId")])
        return KeyServiceResult(["Policy": reply.members["policy"], "PolicyName": .string(Self.policyName)])
    }

    /// There is one, so that there is one page.
    func listKeyPolicies() async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try members.integer("Limit")
        guard try members.string("Marker") == nil else {
            throw KeyServiceRefusal("InvalidMarkerException", "A list of one policy has no second page.")
        }
        let reply = try await ask("list-key-policies", ["keyId": try required("KeyId")])
        return KeyServiceResult(["PolicyNames": reply.members["policyNames"], "Truncated": .boolean(false)])
    }

    func putKeyPolicy() async throws(KeyServiceRefusal) -> KeyServiceResult {
        try checkPolicyName()
        _ = try await ask(
            "put-key-policy",
            [
                "keyId": try required("KeyId"), "policy": try required("Policy"),
                "bypassLockoutCheck": try flag("BypassPolicyLockoutSafetyCheck"),
            ])
        return .empty
    }

    private func checkPolicyName() throws(KeyServiceRefusal) {
        guard let name = try members.string("PolicyName"), name != Self.policyName else { return }
        throw KeyServiceRefusal("NotFoundException", "No such policy exists; the only one is called default.")
    }
}
