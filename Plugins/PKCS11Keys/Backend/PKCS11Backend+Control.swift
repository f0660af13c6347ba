internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// Administration. Each request is a JSON object with a member `operation`; an operation or a member that is not
/// known is refused by its name. A *key* is what `describe-key` answers: `keyId`, `id` (its name: the id without what
/// stands before it), `state` (`Enabled`, or `Unavailable` where its current version must not be used), `manager`
/// (`service` for the default key, else `customer`), `currentVersion`, `versionCount`.
///
/// | operation | members (`?`: may be missing) | answer |
/// |---|---|---|
/// | `status` | | `backend`, `version`, `library`, `token`, `keyPrefix`, `defaultKeyId`, `keyCount`, `sessionLimit` |
/// | `create-key` | `name`? | the key, and `created`: false where it was there |
/// | `describe-key` | `keyId` | the key |
/// | `rotate-key` | `keyId`, `currentVersion`? | the key |
/// | `list-keys` | `limit`?, `marker`? | `keys`, `nextMarker` |
/// | `list-rotations` | `keyId`, `limit`?, `marker`? | `rotations` (oldest first), `nextMarker` |
///
/// A request that is repeated because its answer got lost does no harm: `create-key` with a name (letters, digits and
/// `.`, `_`, `-`, at most 64; without one it gets one at random) finds what it made, and `rotate-key` with the
/// `currentVersion` from before makes no second new one. A *rotation* has `version`, `isCurrent` and, where the version
/// must not be used, `problem`. `nextMarker` is missing on the last page; `limit` is 1 to 1000, 100 by default.
///
/// Keys are not deleted here: what they wrapped would be lost. Who is sure removes them with the token's own tool.
extension PKCS11Backend {
    private typealias Operation = @Sendable (PKCS11Backend, ControlMembers) throws(KeyBackendError) -> JSONValue

    private static let operations: [String: (members: [String], run: Operation)] = [
        "status": ([], status), "create-key": (["name"], createKey), "describe-key": (["keyId"], describeKey),
        "rotate-key": (["keyId", "currentVersion"], rotateKey), "list-keys": (["limit", "marker"], listKeys),
        "list-rotations": (["keyId", "limit", "marker"], listRotations),
    ]

    private static let pageSizeDefault: UInt32 = 100
    private static let pageSizeMax: UInt32 = 1000

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        guard let operation = Self.operations[members.operation] else {
            throw KeyBackendError(
                .unsupported,
                "The keys in a token have no operation '\(members.operation)'; there are "
                    + "\(Self.operations.keys.sorted().joined(separator: ", ")).")
        }
        try members.allow(only: operation.members)
        return try await onThread(request.context) { [self] () throws(KeyBackendError) in
            try operation.run(self, members)
        }.encoded()
    }

    @Sendable private static func status(
        _ backend: PKCS11Backend, _ members: ControlMembers
    ) throws(KeyBackendError) -> JSONValue {
        let token = try backend.keys.token.info()
        return .object([
            "backend": .string(PKCS11Keys.name), "version": .string(PKCS11Keys.version),
            "library": .string(backend.settings.library.string),
            "token": .object([
                "label": .string(token.label), "slot": .number(String(token.slot)), "model": .string(token.model),
                "manufacturer": .string(token.manufacturer), "serialNumber": .string(token.serialNumber),
            ]),
            "keyPrefix": .string(backend.keys.prefix), "defaultKeyId": .string(try backend.keys.label(nil)),
            "keyCount": .number(String(try backend.keys.all().count)),
            "sessionLimit": .number(String(backend.settings.sessionLimit)),
        ])
    }

    @Sendable private static func createKey(
        _ backend: PKCS11Backend, _ members: ControlMembers
    ) throws(KeyBackendError) -> JSONValue {
        let name = try members.string("name") ?? KeyName.random(backend.host)
        guard KeyName.isName(name) else {
            throw KeyBackendError(
                .invalidRequest,
                "'\(name.prefix(128))' is no name for a key; it may have letters, digits and . _ - and at most "
                    + "\(KeyName.bytesMax) of them.")
        }
        let label = backend.keys.prefix + name
        let isNew = try backend.keys.create(label)
        guard case .object(var key) = try backend.key(label) else { preconditionFailure("a key is an object") }
        key["created"] = .boolean(isNew)
        return .object(key)
    }

    @Sendable private static func describeKey(
        _ backend: PKCS11Backend, _ members: ControlMembers
    ) throws(KeyBackendError) -> JSONValue {
        try backend.key(try backend.keys.label(try members.requiredString("keyId")))
    }

    @Sendable private static func rotateKey(
        _ backend: PKCS11Backend, _ members: ControlMembers
    ) throws(KeyBackendError) -> JSONValue {
        let label = try backend.keys.label(try members.requiredString("keyId"))
        try backend.keys.rotate(label, from: try members.string("currentVersion"))
        return try backend.key(label)
    }

    @Sendable private static func listKeys(
        _ backend: PKCS11Backend, _ members: ControlMembers
    ) throws(KeyBackendError) -> JSONValue {
        let keys = try backend.keys.all().sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return try page("keys", keys, members, marker: \.key) { backend.json($0.key, $0.value) }
    }

    @Sendable private static func listRotations(
        _ backend: PKCS11Backend, _ members: ControlMembers
    ) throws(KeyBackendError) -> JSONValue {
        let versions = try backend.keys.versions(try backend.keys.label(try members.requiredString("keyId")))
        let current = versions.last?.identity
        return try page("rotations", versions, members, marker: \.identity.description) { version in
            var rotation: [String: JSONValue] = [
                "version": .string(version.identity.description), "isCurrent": .boolean(version.identity == current),
            ]
            if let problem = version.problem { rotation["problem"] = .string(problem) }
            return .object(rotation)
        }
    }

    private static func page<Item>(
        _ name: String, _ items: [Item], _ members: ControlMembers, marker: (Item) -> String,
        _ json: (Item) -> JSONValue
    ) throws(KeyBackendError) -> JSONValue {
        let limit = try members.number("limit", absent: pageSizeDefault)
        guard (1...pageSizeMax).contains(limit) else {
            throw KeyBackendError(.invalidRequest, "'limit' is \(limit); it may be 1 to \(pageSizeMax).")
        }
        var rest = items[...]
        if let last = try members.string("marker") {
            guard let index = items.firstIndex(where: { marker($0) == last }) else {
                throw KeyBackendError(.invalidRequest, "'marker' is none that a page of this list ended with.")
            }
            rest = items[(index + 1)...]
        }
        let page = rest.prefix(Int(limit))
        var answer = [name: JSONValue.array(page.map(json))]
        if let last = page.last, page.count < rest.count { answer["nextMarker"] = .string(marker(last)) }
        return .object(answer)
    }

    private func key(_ label: String) throws(KeyBackendError) -> JSONValue { json(label, try keys.versions(label)) }

    private func json(_ label: String, _ versions: [KeyObject]) -> JSONValue {
        let name = String(label.dropFirst(keys.prefix.count))
        let current = versions[versions.count - 1]
        return .object([
            "keyId": .string(label), "id": .string(name),
            "state": .string(current.problem == nil ? "Enabled" : "Unavailable"),
            "manager": .string(name == PKCS11Keys.defaultKeyName ? "service" : "customer"),
            "currentVersion": .string(current.identity.description), "versionCount": .number(String(versions.count)),
        ])
    }
}
