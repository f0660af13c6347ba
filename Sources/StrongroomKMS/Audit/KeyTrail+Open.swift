internal import StrongroomAudit
internal import StrongroomKeyTrail
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

extension KeyTrail {
    /// Opens the trail of a keyring, or makes it. Blocks.
    static func open(
        _ keyring: inout OpenedKeyring<ServiceKeyring>, _ configuration: borrowing KeyBackendConfiguration,
        _ host: any KeyBackendHost, _ disk: any FileSystem
    ) throws(KeyBackendError) -> KeyTrail {
        let owner = keyring.content.registry.owner
        let trail = try KeyringTrail.open(
            try KeyringAudit(configuration.settings),
            beside: try OpenedKeyring<ServiceKeyring>.path(of: configuration).appending(KeyService.folderName),
            isNew: configuration.creates,
            origin: "strongroom.audit/" + Hexadecimal.encode(keyring.content.keyringID),
            KeyringTrail.Issuer(eventSource: eventSource, account: owner.account, region: owner.region), host, disk
        ) { () throws(KeyBackendError) in try keyring.auditSeed(host) }
        return KeyTrail(trail)
    }
}

extension KeyServiceError {
    /// Whether the trail is what failed.
    var isOfAudit: Bool { (underlying as? KeyBackendError)?.isOfAudit == true }
}
