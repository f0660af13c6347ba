#if RemoteKMS
internal import StrongroomKeys

/// What the service says of a key.
struct RemoteKey {
    let arn: String
    let id: String
    let state: String
    let isSymmetric: Bool
    let currentVersion: String?
    private static let stateSizeBytesMax = 64
    private let manager: String
    private let keyDescription: String
    private let createdMilliseconds: JSONValue?

    init(_ metadata: [String: JSONValue]) throws(KeyBackendError) {
        arn = try KeyReference.read("Arn", in: metadata)
        id = try KeyReference.read("KeyId", in: metadata)
        state = ServiceText.printable(try metadata.requiredText("KeyState"), sizeBytesMax: Self.stateSizeBytesMax)
        currentVersion = try KeyMaterialID.read("CurrentKeyMaterialId", in: metadata)
        // Older services say CustomerMasterKeySpec alone; one that says neither has but this kind.
        let spec = metadata.text("KeySpec") ?? metadata.text("CustomerMasterKeySpec") ?? "SYMMETRIC_DEFAULT"
        let usage = metadata.text("KeyUsage") ?? "ENCRYPT_DECRYPT"
        isSymmetric = spec == "SYMMETRIC_DEFAULT" && usage == "ENCRYPT_DECRYPT"
        manager = metadata.text("KeyManager") == "AWS" ? "service" : "customer"
        keyDescription = metadata.text("Description") ?? ""
        createdMilliseconds = metadata.milliseconds("CreationDate")
    }

    /// Why it does not wrap; nil where it does.
    var problem: String? {
        if !isSymmetric { return "The key is not for symmetric encryption; name one that is." }
        return state == "Enabled" ? nil : "The key is in the state \(state); enable it to use it again."
    }

    /// In the words in which a key service of our own describes a key.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "keyId": .string(arn), "id": .string(id), "manager": .string(manager), "state": .string(state),
            "description": .string(keyDescription),
        ]
        members["createdMilliseconds"] = createdMilliseconds
        if let currentVersion { members["currentVersion"] = .string(currentVersion) }
        return .object(members)
    }
}
#endif
