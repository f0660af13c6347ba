internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// What the key service's keyring file holds: a header as every keyring has, and as its body keys and aliases.
///
///     account, text | region, text
///     number of keys u32 | number of aliases u32
///     each key, ascending by id:
///         id (16) | state u8: 1 enabled, 2 disabled, 3 pending deletion, 4 pending import, 5 pending replica deletion,
///         6 creating, 7 updating
///         | manager u8: 1 customer, 2 service
///         | u16: plus 1 where a policy follows the materials, plus 2 where attributes follow
///         created i64 | description, text | number of materials u32
///         each material, oldest first; the last is current: id (32) | created i64 | sealed key (104)
///         the key policy, text; only where that is said
///         attributes (see ``KeyAttributes``); only where that is said
///     each alias, ascending by name: name, text | key id (16) | created i64 | updated i64
///     the seed by which the audit trail is signed, sealed (104); missing in keyrings from before there was a trail,
///     until they are opened
///
/// A text is `u16 size | UTF-8`; times are in milliseconds since 1970. Little-endian; part of the format, must not
/// change.
struct ServiceDocument: Sendable, Equatable {
    static let hasPolicy: UInt16 = 1
    static let hasAttributes: UInt16 = 2
    static let materialSizeBytes = KeyMaterialID.sizeBytes + 8 + KeyMaterial.sealedKeySizeBytes

    var header: KeyringHeader
    var registry: KeyRegistry
    /// Nil in a keyring from before there was an audit trail.
    var sealedAuditSeed: [UInt8]?

    /// Whether it can be read again: also each primary is known as what it is here.
    var isConsistent: Bool {
        let own = MultiRegionRecord.Member(region: registry.owner.region, keyringID: header.keyringID)
        return registry.isConsistent
            && registry.keys.allSatisfy { key in
                key.multiRegion.map { $0.role == .replica || $0.primary == own } ?? true
            }
    }

    /// The file that holds it.
    var file: KeyringFile {
        assert(isConsistent)
        var body: [UInt8] = []
        body.appendText(registry.owner.account)
        body.appendText(registry.owner.region)
        body.appendLittleEndian(UInt32(registry.keys.count))
        body.appendLittleEndian(UInt32(registry.aliases.count))
        for key in registry.keys { Self.append(key, to: &body) }
        for alias in registry.aliases {
            body.appendText(alias.name.description)
            body += alias.keyID.bytes
            body.appendTime(alias.createdMilliseconds)
            body.appendTime(alias.updatedMilliseconds)
        }
        body += sealedAuditSeed ?? []
        return KeyringFile(kind: ServiceKeyring.kind, header: header, body: body)
    }

    private static func append(_ key: KeyRecord, to bytes: inout [UInt8]) {
        bytes += key.id.bytes
        bytes.append(key.state.code)
        bytes.append(key.manager.rawValue)
        let attributes = KeyAttributes.encoded(key)
        bytes.appendLittleEndian((key.policy == nil ? 0 : hasPolicy) | (attributes.isEmpty ? 0 : hasAttributes))
        bytes.appendTime(key.createdMilliseconds)
        bytes.appendText(key.keyDescription)
        bytes.appendLittleEndian(UInt32(key.materials.count))
        for material in key.materials {
            assert(material.sealedKey.count == KeyMaterial.sealedKeySizeBytes)
            bytes += material.id.bytes
            bytes.appendTime(material.createdMilliseconds)
            bytes += material.sealedKey
        }
        if let policy = key.policy { bytes.appendText(policy.text) }
        bytes += attributes
    }
}

extension [UInt8] {
    mutating func appendTime(_ milliseconds: Int64) {
        appendLittleEndian(UInt64(bitPattern: milliseconds))
    }

    mutating func appendText(_ text: String) {
        appendLittleEndian(UInt16(text.utf8.count))
        self += text.utf8
    }
}
