internal import StrongroomKeys

extension KeyServiceCall {
    func rotateKeyOnDemand() async throws(KeyServiceRefusal) -> KeyServiceResult {
        KeyServiceResult(["KeyId": try await ask("rotate-key", ["keyId": try required("KeyId")]).members["keyId"]])
    }

    func enableKeyRotation() async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask(
            "enable-key-rotation",
            ["keyId": try required("KeyId"), "rotationPeriodInDays": try integer("RotationPeriodInDays")])
        return .empty
    }

    func disableKeyRotation() async throws(KeyServiceRefusal) -> KeyServiceResult {
        _ = try await ask("disable-key-rotation", ["keyId": try required("KeyId")])
        return .empty
    }

    func getKeyRotationStatus() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let status = try await ask("get-key-rotation-status", ["keyId": try required("KeyId")])
        return KeyServiceResult([
            "KeyId": status.members["keyId"], "KeyRotationEnabled": status.members["isAutomatic"],
            "RotationPeriodInDays": status.members["rotationPeriodInDays"],
            "NextRotationDate": status.time("nextRotationMilliseconds"),
        ])
    }

    func listKeyRotations() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let keyID = try members.required("KeyId")
        let page = try await ask(
            "list-rotations",
            [
                "keyId": .string(keyID),
                "includeKeyMaterial": try string("IncludeKeyMaterial") ?? .string("ROTATIONS_ONLY"),
                "limit": try integer("Limit"), "marker": try string("Marker"),
            ])
        let name = keyID.split(separator: "/").last.map(String.init) ?? keyID
        return list("Rotations", page, page.list("rotations")) { rotation(ofKey: name, $0) }
    }

    private func rotation(ofKey keyID: String, _ rotation: Reply) -> JSONValue {
        let isImported = rotation.string("importState") != nil
        let expiry = rotation.time("expiryMilliseconds")
        let expirationModel = expiry == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES"
        let rotated = rotation.time("rotatedMilliseconds")
        // Imported material rotates on demand alone; what a key began with has not rotated.
        let type = rotated.map { _ in rotation.string("cause") == "AUTOMATIC" ? "AUTOMATIC" : "ON_DEMAND" }
        return .object(
            present([
                "KeyId": .string(keyID), "KeyMaterialId": rotation.members["version"],
                "KeyMaterialState": rotation.members["state"], "ImportState": rotation.members["importState"],
                "ExpirationModel": isImported ? .string(expirationModel) : nil, "ValidTo": expiry,
                "RotationDate": rotated, "RotationType": type.map { .string($0) },
            ]))
    }
}
