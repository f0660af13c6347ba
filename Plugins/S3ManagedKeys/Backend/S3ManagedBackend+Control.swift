internal import StrongroomKeys
internal import StrongroomSystem

/// Administration. Each request is a JSON object with a member `operation`:
///
/// - `status` answers `backend`, `version`, `keyringId`, `rootKey` ("file" or "passphrase") and `keys`: of each
///   `keyId`, `currentVersion` and `versions`, of each of these `version` and `createdMilliseconds`.
/// - `rotate`, with `keyId` (by default the objects' key), adds a version; it answers `keyId` and `currentVersion`.
///
/// Members that an operation does not know make it fail with `invalidRequest`.
extension S3ManagedBackend {
    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try JSONValue.object(parsing: request.json)
        guard case .string(let operation)? = members["operation"] else {
            throw KeyBackendError(.invalidRequest, "The control request has no member 'operation' that is a string.")
        }
        let known = operation == "rotate" ? ["operation", "keyId"] : ["operation"]
        if let unknown = members.keys.sorted().first(where: { !known.contains($0) }) {
            throw KeyBackendError(.invalidRequest, "The operation '\(operation)' has no member '\(unknown)'.")
        }
        switch operation {
        case "status": return try status().encoded()
        case "rotate":
            var keyID: String?
            switch members["keyId"] {
            case .string(let text)?: keyID = text
            case nil: break
            default: throw KeyBackendError(.invalidRequest, "The member 'keyId' is not a string.")
            }
            return try await rotated(try KeyLine(keyID: keyID)).encoded()
        default:
            throw KeyBackendError(
                .unsupported, "The S3-managed keys have no operation '\(operation)'; there are status and rotate.")
        }
    }

    private func status() throws(KeyBackendError) -> JSONValue {
        let document = try openKeyring().document
        let keys = KeyLine.allCases.map { line in
            let versions = document.entries.filter { $0.line == line }
            return JSONValue.object([
                "keyId": .string(line.keyID), "currentVersion": .string(String(versions.count)),
                "versions": .array(
                    versions.map { entry in
                        .object([
                            "version": .string(String(entry.version)),
                            "createdMilliseconds": .number(String(entry.createdMilliseconds)),
                        ])
                    }),
            ])
        }
        let rootKey =
            switch document.rootSource {
            case .file: "file"
            case .passphrase: "passphrase"
            }
        return .object([
            "backend": .string("s3-managed"), "version": .string(S3ManagedKeys.version),
            "keyringId": .string(Hexadecimal.encode(document.keyringID)), "rootKey": .string(rootKey),
            "keys": .array(keys),
        ])
    }

    private func rotated(_ line: KeyLine) async throws(KeyBackendError) -> JSONValue {
        let threads = IOThreadPool(threadCount: 1, name: "key-rotation")
        let version = try await threads.run { [self] () throws(KeyBackendError) in try rotate(line) }
        await threads.shutDown()
        return .object(["keyId": .string(line.keyID), "currentVersion": .string(String(version))])
    }
}
