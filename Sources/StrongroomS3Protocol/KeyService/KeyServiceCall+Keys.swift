internal import StrongroomKeys

extension KeyServiceCall {
    func createKey() async throws(KeyServiceRefusal) -> KeyServiceResult {
        try expect("KeyUsage", "ENCRYPT_DECRYPT")
        try expect("KeySpec", "SYMMETRIC_DEFAULT")
        try expect("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT")
        if let origin = try members.string("Origin"), origin == "AWS_CLOUDHSM" || origin == "EXTERNAL_KEY_STORE" {
            throw .unsupported("There are no custom key stores here; the origin may be AWS_KMS or EXTERNAL.")
        }
        let key = try await ask(
            "create-key",
            [
                "description": try string("Description"), "policy": try string("Policy"),
                "bypassLockoutCheck": try flag("BypassPolicyLockoutSafetyCheck"), "tags": try members.tags("Tags"),
                "origin": try string("Origin"), "multiRegion": try flag("MultiRegion"),
            ])
        return KeyServiceResult(["KeyMetadata": metadata(key)])
    }

    func describeKey() async throws(KeyServiceRefusal) -> KeyServiceResult {
        KeyServiceResult(["KeyMetadata": metadata(try await ask("describe-key", ["keyId": try required("KeyId")]))])
    }

    func listKeys() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let page = try await ask("list-keys", ["limit": try integer("Limit"), "marker": try string("Marker")])
        return list("Keys", page, page.list("keys")) { key in
            .object(present(["KeyId": key.members["id"], "KeyArn": key.members["keyId"]]))
        }
    }

    /// What answers nothing.
    func changeKey(_ operation: String) async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask(operation, ["keyId": try required("KeyId")])
        return .empty
    }

    func scheduleKeyDeletion() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let days = try integer("PendingWindowInDays")
        let key = try await ask(
            "schedule-key-deletion", ["keyId": try required("KeyId"), "pendingWindowInDays": days])
        return KeyServiceResult([
            "KeyId": key.members["keyId"], "DeletionDate": key.time("deletionMilliseconds"),
            "KeyState": key.members["state"], "PendingWindowInDays": days ?? .number("30"),
        ])
    }

    func cancelKeyDeletion() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let key = try await ask("cancel-key-deletion", ["keyId": try required("KeyId")])
        return KeyServiceResult(["KeyId": key.members["keyId"]])
    }

    func updateKeyDescription() async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask(
            "update-key-description", ["keyId": try required("KeyId"), "description": try required("Description")])
        return .empty
    }

    func getKeyLastUsage() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let usage = try await ask("get-key-last-usage", ["keyId": try required("KeyId")])
        var last: JSONValue?
        if usage.string("lastOperation") != nil {
            last = .object(
                present([
                    "Operation": usage.members["lastOperation"], "Timestamp": usage.time("lastMilliseconds"),
                    "KmsRequestId": usage.members["lastRequestId"],
                ]))
        }
        return KeyServiceResult([
            "KeyId": usage.members["keyId"], "KeyLastUsage": last,
            "TrackingStartDate": usage.time("trackingStartMilliseconds"),
            "KeyCreationDate": usage.time("createdMilliseconds"),
        ])
    }

    // MARK: - Shared

    /// A page of a list, as all lists of KMS are.
    func list(
        _ name: String, _ page: Reply, _ items: [Reply], _ item: (Reply) -> JSONValue
    ) -> KeyServiceResult {
        let marker = page.members["nextMarker"]
        return KeyServiceResult([
            name: .array(items.map(item)), "NextMarker": marker, "Truncated": .boolean(marker != nil),
        ])
    }

    func present(_ members: [String: JSONValue?]) -> [String: JSONValue] { members.compactMapValues { $0 } }
}
