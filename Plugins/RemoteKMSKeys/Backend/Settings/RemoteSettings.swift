#if RemoteKMS
internal import StrongroomKeys
internal import SystemPackage

/// What the backend is opened with, checked.
struct RemoteSettings: Sendable {
    var endpoint: ServiceEndpoint
    var region: String
    var credentialsFile: FilePath
    var profile: String
    var authorityFile: FilePath?
    var defaultKeyID: String?
    var connectTimeoutSeconds: Int
    var requestTimeoutSeconds: Int
    var attemptCountMax: Int
    var connectionCountMax: Int

    private static let known = [
        "endpoint", "region", "credentials-file", "profile", "ca-file", "default-key-id", "allow-plain-http",
        "connect-timeout-seconds", "request-timeout-seconds", "attempts", "connections",
    ]

    init(_ settings: [String: String]) throws(KeyBackendError) {
        if let unknown = settings.keys.sorted().first(where: { !Self.known.contains($0) }) {
            throw KeyBackendError(
                .invalidRequest,
                "The remote key service has no setting '\(unknown)'; there are \(Self.known.joined(separator: ", ")).")
        }
        endpoint = try ServiceEndpoint(
            try Self.required("endpoint", settings),
            allowsPlain: try Self.flag("allow-plain-http", settings))
        region = try Self.required("region", settings)
        guard region.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }) else {
            throw KeyBackendError(
                .invalidRequest, "The region '\(region.prefix(64))' is not of the form eu-central-1.")
        }
        credentialsFile = FilePath(try Self.required("credentials-file", settings))
        profile = settings["profile"] ?? "default"
        authorityFile = settings["ca-file"].map { FilePath($0) }
        if endpoint.isPlain, authorityFile != nil {
            throw KeyBackendError(.invalidRequest, "Over plain HTTP there is no certificate; leave ca-file out.")
        }
        defaultKeyID = settings["default-key-id"]
        if let defaultKeyID { try KeyReference.check(defaultKeyID) }
        connectTimeoutSeconds = try Self.number("connect-timeout-seconds", 1...60, otherwise: 5, settings)
        requestTimeoutSeconds = try Self.number("request-timeout-seconds", 1...300, otherwise: 10, settings)
        attemptCountMax = try Self.number("attempts", 1...10, otherwise: 3, settings)
        connectionCountMax = try Self.number("connections", 1...64, otherwise: 16, settings)
    }

    private static func required(_ name: String, _ settings: [String: String]) throws(KeyBackendError) -> String {
        guard let value = settings[name], !value.isEmpty else {
            throw KeyBackendError(.invalidRequest, "The remote key service needs the setting '\(name)'.")
        }
        return value
    }

    private static func flag(_ name: String, _ settings: [String: String]) throws(KeyBackendError) -> Bool {
        switch settings[name] {
        case nil, "false": return false
        case "true": return true
        case let text?:
            throw KeyBackendError(
                .invalidRequest, "The setting '\(name)' is '\(text.prefix(32))'; it may be true or false.")
        }
    }

    private static func number(
        _ name: String, _ range: ClosedRange<Int>, otherwise: Int, _ settings: [String: String]
    ) throws(KeyBackendError) -> Int {
        guard let text = settings[name] else { return otherwise }
        guard let number = Int(text), range.contains(number) else {
            throw KeyBackendError(
                .invalidRequest,
                "The setting '\(name)' is '\(text.prefix(32))'; it may be \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
#endif
