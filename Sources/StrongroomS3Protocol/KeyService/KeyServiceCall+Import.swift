internal import StrongroomKeys

extension KeyServiceCall {
    private static let expires = "KEY_MATERIAL_EXPIRES"
    private static let doesNotExpire = "KEY_MATERIAL_DOES_NOT_EXPIRE"
    /// Those of KMS that there is no support for.
    private static let otherAlgorithms: Set<String> = [
        "RSAES_PKCS1_V1_5", "RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256", "SM2PKE",
    ]

    func getParametersForImport() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let algorithm = try members.required("WrappingAlgorithm")
        guard !Self.otherAlgorithms.contains(algorithm), try members.string("WrappingKeySpec") != "SM2" else {
            throw .unsupported(
                "Material is taken under RSAES_OAEP_SHA_256 and RSAES_OAEP_SHA_1, with keys of RSA.")
        }
        let parameters = try await ask(
            "get-parameters-for-import",
            [
                "keyId": try required("KeyId"), "wrappingAlgorithm": .string(algorithm),
                "wrappingKeySpec": try required("WrappingKeySpec"),
            ])
        return KeyServiceResult([
            "KeyId": parameters.members["keyId"], "ImportToken": parameters.members["importToken"],
            "PublicKey": parameters.members["publicKey"],
            "ParametersValidTo": parameters.time("validToMilliseconds"),
        ])
    }

    func importKeyMaterial() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let materialID = try string("KeyMaterialId")
        let type = try members.string("ImportType")
        let key = try await ask(
            "import-key-material",
            [
                "keyId": try required("KeyId"),
                "importToken": try members.blob("ImportToken", countMax: Self.ciphertextSizeBytesMax),
                "encryptedKeyMaterial": try members.blob(
                    "EncryptedKeyMaterial", countMax: Self.ciphertextSizeBytesMax),
                "importType": type.map { .string($0) }, "keyMaterialId": materialID,
                "validToMilliseconds": try expiry(),
            ])
        // Of the second and later ones that come again the backend does not say which it was.
        let isOnlyOne = key.number("versionCount") == 1 && key.members["pendingVersion"] == nil
        let found = (type == "NEW_KEY_MATERIAL" ? key.members["pendingVersion"] : nil)
        return KeyServiceResult([
            "KeyId": key.members["keyId"],
            "KeyMaterialId": materialID ?? found ?? (isOnlyOne ? key.members["currentVersion"] : nil),
        ])
    }

    func deleteImportedKeyMaterial() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let materialID = try string("KeyMaterialId")
        let key = try await ask(
            "delete-imported-key-material", ["keyId": try required("KeyId"), "keyMaterialId": materialID])
        return KeyServiceResult(["KeyId": key.members["keyId"], "KeyMaterialId": key.members["deletedVersion"]])
    }

    /// As a text; nil for never.
    private func expiry() throws(KeyServiceRefusal) -> JSONValue? {
        let time = try members.time("ValidTo")
        switch try members.string("ExpirationModel") {
        case nil, Self.expires:
            guard let time else {
                throw .validation("A validTo date must be set if the ExpirationModel is \(Self.expires).")
            }
            return .string(String(time))
        case Self.doesNotExpire:
            guard time == nil else {
                throw .validation("A validTo date must not be set if the ExpirationModel is \(Self.doesNotExpire).")
            }
            return nil
        case let other?:
            throw KeyServiceMembers.constraint(
                "ExpirationModel", other,
                "Member must satisfy enum value set: [\(Self.doesNotExpire), \(Self.expires)]")
        }
    }
}
