internal import StrongroomCrypto
internal import StrongroomKeys

extension KeyServiceCall {
    static let ciphertextSizeBytesMax = 6_144
    private static let plaintextSizeBytesMax = 4_096
    private static let dataKeySizeBytesMax = 1_024
    private static let algorithm = JSONValue.string("SYMMETRIC_DEFAULT")

    func encrypt() async throws(KeyServiceRefusal) -> KeyServiceResult {
        try checkAlgorithm("EncryptionAlgorithm")
        let keyID = try required("KeyId")
        let sealed = try await ask(
            "encrypt",
            ["keyId": keyID, "encryptionContext": try members.map("EncryptionContext"), "dryRun": try flag("DryRun")],
            secret: try plaintext())
        return KeyServiceResult([
            "CiphertextBlob": sealed.members["ciphertext"], "KeyId": sealed.members["keyId"],
            "EncryptionAlgorithm": Self.algorithm,
        ])
    }

    func decrypt() async throws(KeyServiceRefusal) -> KeyServiceResult {
        try checkAlgorithm("EncryptionAlgorithm")
        let ciphertext = try ciphertext()
        let opened = try await ask(
            "decrypt",
            [
                "ciphertext": .string(ciphertext), "keyId": try string("KeyId"),
                "encryptionContext": try members.map("EncryptionContext"), "dryRun": try flag("DryRun"),
            ], room: Self.room(forPlaintextOf: ciphertext))
        return KeyServiceResult(
            [
                "KeyId": opened.members["keyId"], "EncryptionAlgorithm": Self.algorithm,
                "KeyMaterialId": opened.members["version"],
            ], plaintext: try opened.plaintext())
    }

    func reEncrypt() async throws(KeyServiceRefusal) -> KeyServiceResult {
        try checkAlgorithm("SourceEncryptionAlgorithm")
        try checkAlgorithm("DestinationEncryptionAlgorithm")
        let sealed = try await ask(
            "re-encrypt",
            [
                "ciphertext": .string(try ciphertext()), "sourceKeyId": try string("SourceKeyId"),
                "sourceEncryptionContext": try members.map("SourceEncryptionContext"),
                "destinationKeyId": try required("DestinationKeyId"),
                "destinationEncryptionContext": try members.map("DestinationEncryptionContext"),
                "dryRun": try flag("DryRun"),
            ])
        return KeyServiceResult([
            "CiphertextBlob": sealed.members["ciphertext"], "SourceKeyId": sealed.members["sourceKeyId"],
            "KeyId": sealed.members["keyId"], "SourceEncryptionAlgorithm": Self.algorithm,
            "DestinationEncryptionAlgorithm": Self.algorithm,
            "SourceKeyMaterialId": sealed.members["sourceVersion"],
            "DestinationKeyMaterialId": sealed.members["version"],
        ])
    }

    func generateDataKey() async throws(KeyServiceRefusal) -> KeyServiceResult {
        let made = try await ask(
            "generate-data-key", try dataKeyMembers(), room: Self.room(forNew: try dataKeySize()))
        return KeyServiceResult(Self.dataKey(made), plaintext: try made.plaintext())
    }

    func generateDataKeyWithoutPlaintext() async throws(KeyServiceRefusal) -> KeyServiceResult {
        KeyServiceResult(
            Self.dataKey(try await ask("generate-data-key-without-plaintext", try dataKeyMembers())))
    }

    func generateRandom() async throws(KeyServiceRefusal) -> KeyServiceResult {
        guard let count = try members.integer("NumberOfBytes") else { throw .validation("NumberOfBytes is required.") }
        let made = try await ask(
            "generate-random", ["numberOfBytes": .number(String(count))], room: Self.room(forNew: count))
        return KeyServiceResult([:], plaintext: try made.plaintext())
    }

    // MARK: - Shared

    private static func dataKey(_ made: Reply) -> [String: JSONValue?] {
        [
            "CiphertextBlob": made.members["ciphertext"], "KeyId": made.members["keyId"],
            "KeyMaterialId": made.members["version"],
        ]
    }

    /// Locked memory is scarce, and any user may ask for it: no more than can come. A plaintext is never longer than
    /// what it is sealed in.
    private static func room(forPlaintextOf ciphertext: String) -> Int {
        min(ciphertext.utf8.count / 4 * 3, plaintextSizeBytesMax)
    }

    private static func room(forNew count: UInt32) -> Int { min(Int(count), dataKeySizeBytesMax) }

    private func dataKeyMembers() throws(KeyServiceRefusal) -> [String: JSONValue?] {
        [
            "keyId": try required("KeyId"), "numberOfBytes": .number(String(try dataKeySize())),
            "encryptionContext": try members.map("EncryptionContext"), "dryRun": try flag("DryRun"),
        ]
    }

    private func dataKeySize() throws(KeyServiceRefusal) -> UInt32 {
        switch (try members.string("KeySpec"), try members.integer("NumberOfBytes")) {
        case ("AES_256"?, nil): return 32
        case ("AES_128"?, nil): return 16
        case (nil, let count?): return count
        case (nil, nil), (_?, _?):
            throw .validation("Please specify either number of bytes or key spec.")
        case (let spec?, nil):
            throw KeyServiceMembers.constraint(
                "KeySpec", spec, "Member must satisfy enum value set: [AES_256, AES_128]")
        }
    }

    /// In base64.
    private func ciphertext() throws(KeyServiceRefusal) -> String {
        try members.blobText("CiphertextBlob", countMax: Self.ciphertextSizeBytesMax)
    }

    /// The request's plaintext, in locked memory from the body on.
    private func plaintext() throws(KeyServiceRefusal) -> SharedSecret {
        // From here on they are nobody else's, and their memory is free once they are read.
        guard let digits = members.secret?.take() else {
            guard members.has(KeyServiceBody.secretName) else {
                throw KeyServiceMembers.missing(KeyServiceBody.secretName)
            }
            // Of texts the empty one alone is left there.
            _ = try members.string(KeyServiceBody.secretName)
            throw KeyServiceMembers.constraint(
                KeyServiceBody.secretName, nil, "Member must have length greater than or equal to 1")
        }
        let found: (count: Int, plaintext: SharedSecret?)
        do throws(SecretMemoryError) {
            found = try Self.decoded(digits)
        } catch {
            throw .internalFailure(error)
        }
        if let plaintext = found.plaintext { return plaintext }
        // As many digits may stand for a byte more than there may be.
        guard found.count <= Self.plaintextSizeBytesMax else {
            throw KeyServiceMembers.constraint(
                KeyServiceBody.secretName, nil,
                "Member must have length less than or equal to \(Self.plaintextSizeBytesMax)")
        }
        throw .serialization("The member \(KeyServiceBody.secretName) can not be converted to a Blob.")
    }

    /// How many bytes base64 stands for, and these where they may be so many and are well encoded.
    private static func decoded(
        _ digits: SharedSecret
    ) throws(SecretMemoryError) -> (count: Int, plaintext: SharedSecret?) {
        let paddingCount = try digits.bytes.withBytes { (bytes) throws(SecretMemoryError) in
            // Safe: a UInt8 is raw bytes, and the offsets are in bounds.
            (max(bytes.byteCount - 2, 0)..<bytes.byteCount)
                .count { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == UInt8(ascii: "=") }
        }
        let count = digits.bytes.count / 4 * 3 - paddingCount
        guard (1...plaintextSizeBytesMax).contains(count),
            let plaintext = try SecretBase64.decode(digits.bytes, count: count)
        else { return (count, nil) }
        return (count, SharedSecret(plaintext))
    }

    private func checkAlgorithm(_ name: String) throws(KeyServiceRefusal) {
        guard let algorithm = try members.string(name), algorithm != "SYMMETRIC_DEFAULT" else { return }
        throw KeyServiceRefusal(
            "InvalidKeyUsageException",
            "The algorithm '\(algorithm.prefix(64))' is not valid for a symmetric key; use SYMMETRIC_DEFAULT.")
    }
}
