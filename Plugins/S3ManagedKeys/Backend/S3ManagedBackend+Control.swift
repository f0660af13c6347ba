internal import StrongroomKeyring
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
        let members = try ControlMembers(parsing: request.json)
        try members.allow(only: members.operation == "rotate" ? ["keyId"] : [])
        switch members.operation {
        case "status": return try status().encoded()
        case "rotate": return try await rotated(try KeyLine(keyID: try members.string("keyId"))).encoded()
        default:
            throw KeyBackendError(
                .unsupported,
                "The S3-managed keys have no operation '\(members.operation)'; there are status and rotate.")
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
        return .object([
            "backend": .string("s3-managed"), "version": .string(S3ManagedKeys.version),
            "keyringId": .string(Hexadecimal.encode(document.header.keyringID)),
            "rootKey": .string(document.header.rootSource.name),
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
