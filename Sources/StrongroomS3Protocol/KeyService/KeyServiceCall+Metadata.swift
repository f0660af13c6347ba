internal import StrongroomKeys

extension KeyServiceCall {
    /// KMS's `KeyMetadata` of what the backend tells of a key.
    func metadata(_ key: Reply) -> JSONValue {
        let state = key.string("state") ?? ""
        let isExternal = key.string("origin") == "EXTERNAL"
        let hasMaterial = key.string("currentVersion") != nil && state != "PendingImport"
        let expiry = key.time("expiryMilliseconds")
        let expirationModel = expiry == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES"
        return .object(
            present([
                "AWSAccountId": .string(account), "KeyId": key.members["id"], "Arn": key.members["keyId"],
                "CreationDate": key.time("createdMilliseconds"),
                "Enabled": .boolean(state == "Enabled" || state == "Updating"),
                "Description": key.members["description"], "KeyUsage": .string("ENCRYPT_DECRYPT"),
                "KeyState": key.members["state"], "DeletionDate": key.time("deletionMilliseconds"),
                "PendingDeletionWindowInDays": key.members["pendingDeletionWindowInDays"], "ValidTo": expiry,
                "Origin": key.members["origin"],
                "ExpirationModel": isExternal && hasMaterial ? .string(expirationModel) : nil,
                "KeyManager": .string(key.string("manager") == "service" ? "AWS" : "CUSTOMER"),
                "KeySpec": .string("SYMMETRIC_DEFAULT"), "CustomerMasterKeySpec": .string("SYMMETRIC_DEFAULT"),
                "EncryptionAlgorithms": .array([.string("SYMMETRIC_DEFAULT")]),
                "MultiRegion": .boolean(key.members["multiRegion"] != nil),
                "MultiRegionConfiguration": multiRegionConfiguration(key),
                "CurrentKeyMaterialId": key.members["currentVersion"],
            ]))
    }

    private func multiRegionConfiguration(_ key: Reply) -> JSONValue? {
        guard case .object(let members)? = key.members["multiRegion"] else { return nil }
        let configuration = Reply(members: members)
        var replicas: [JSONValue] = []
        if case .array(let arns)? = members["replicaKeyIds"] { replicas = arns.compactMap(Self.place) }
        return .object(
            present([
                "MultiRegionKeyType": configuration.members["keyType"],
                "PrimaryKey": configuration.members["primaryKeyId"].flatMap(Self.place),
                "ReplicaKeys": .array(replicas),
            ]))
    }

    /// A key and its region, which stands in its ARN.
    private static func place(_ arn: JSONValue) -> JSONValue? {
        guard case .string(let text) = arn else { return nil }
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count > 3 else { return nil }
        return .object(["Arn": arn, "Region": .string(String(fields[3]))])
    }
}
