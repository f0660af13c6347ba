internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem

/// The key service's keyring file. Everything in it may be read by whoever has it; the materials are sealed.
///
///     offset size
///     0      8    magic "SR-KMKEY"
///     8      2    format version, 1
///     10     2    root kind: 1 file, 2 passphrase
///     12     4    size R of the root source
///     16     16   keyring id, random
///     32     8    created, milliseconds since 1970
///     40     16   check value of the root key: tells a wrong root key from damage
///     56     R    root source: name of the root key file (absolute, or in this folder), or PHC string of scrypt
///     …           account, text | region, text
///     …      4    number of keys
///     …      4    number of aliases
///     …           each key, ascending by id:
///                     id (16) | state u8: 1 enabled, 2 disabled | manager u8: 1 customer, 2 service | zero u16
///                     created i64 | description, text | number of materials u32
///                     each material, oldest first; the last is current: id (32) | created i64 | sealed key (104)
///     …           each alias, ascending by name: name, text | key id (16) | created i64 | updated i64
///     …      32   HMAC-SHA-256 over all before, under a key derived from the root key
///     …      4    CRC-32C over all before: tells damage from a wrong root key
///
/// A text is `u16 size | UTF-8`. Little-endian; part of the format, must not change. A new format version is refused
/// by older readers.
struct ServiceDocument: Sendable, Equatable {
    static let magic = Array("SR-KMKEY".utf8)
    static let formatVersion: UInt16 = 1
    /// What 100,000 keys with all their rotations and descriptions take at most stays below this.
    static let sizeBytesMax = 2 << 30
    static let materialSizeBytes = KeyMaterialID.sizeBytes + 8 + KeyMaterial.sealedKeySizeBytes

    var keyringID: [UInt8]
    var createdMilliseconds: Int64
    var rootSource: KeyringDocument.RootSource
    var checkValue: [UInt8]
    var registry: KeyRegistry

    /// Everything that the authentication code covers.
    var authenticatedBytes: [UInt8] {
        let (kind, source) = rootSource.fields
        assert(keyringID.count == KeyringDocument.identifierSizeBytes)
        assert(checkValue.count == KeyringDocument.checkValueSizeBytes)
        assert(registry.isConsistent)
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(kind)
        bytes.appendLittleEndian(UInt32(source.utf8.count))
        bytes += keyringID
        bytes.appendTime(createdMilliseconds)
        bytes += checkValue
        bytes += source.utf8
        bytes.appendText(registry.owner.account)
        bytes.appendText(registry.owner.region)
        bytes.appendLittleEndian(UInt32(registry.keys.count))
        bytes.appendLittleEndian(UInt32(registry.aliases.count))
        for key in registry.keys { Self.append(key, to: &bytes) }
        for alias in registry.aliases {
            bytes.appendText(alias.name.description)
            bytes += alias.keyID.bytes
            bytes.appendTime(alias.createdMilliseconds)
            bytes.appendTime(alias.updatedMilliseconds)
        }
        return bytes
    }

    private static func append(_ key: KeyRecord, to bytes: inout [UInt8]) {
        bytes += key.id.bytes
        bytes.append(key.state.code)
        bytes.append(key.manager.rawValue)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendTime(key.createdMilliseconds)
        bytes.appendText(key.keyDescription)
        bytes.appendLittleEndian(UInt32(key.materials.count))
        for material in key.materials {
            assert(material.sealedKey.count == KeyMaterial.sealedKeySizeBytes)
            bytes += material.id.bytes
            bytes.appendTime(material.createdMilliseconds)
            bytes += material.sealedKey
        }
    }

    /// The whole file.
    static func encoded(_ authenticatedBytes: [UInt8], code: [UInt8]) -> [UInt8] {
        assert(code.count == KeyringDocument.codeSizeBytes)
        var bytes = authenticatedBytes + code
        // Safe: bytes have no padding to be read.
        bytes.appendLittleEndian(CRC32C.checksum(unsafe bytes.span.bytes))
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func appendTime(_ milliseconds: Int64) {
        appendLittleEndian(UInt64(bitPattern: milliseconds))
    }

    fileprivate mutating func appendText(_ text: String) {
        appendLittleEndian(UInt16(text.utf8.count))
        self += text.utf8
    }
}
