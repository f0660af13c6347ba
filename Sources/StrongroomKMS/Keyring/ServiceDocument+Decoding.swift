internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem

extension ServiceDocument {
    /// A decoded file: its document, and what has still to be checked by whoever has the root key.
    struct Decoded {
        var document: ServiceDocument
        var authenticatedBytes: [UInt8]
        var code: [UInt8]
    }

    /// Decodes a file, of which nothing is trusted.
    static func decode(_ bytes: [UInt8]) throws(KeyBackendError) -> Decoded {
        guard bytes.starts(with: magic) else { throw damaged("it does not start with the keyring's magic") }
        var reader = ByteReader(bytes, from: magic.count)
        let version = try reader.integer(UInt16.self)
        guard version == formatVersion else {
            throw KeyBackendError(
                .unsupported,
                "The keyring has format version \(version), and this program knows \(formatVersion); "
                    + "open it with a newer version of the program. Nothing is damaged.")
        }
        let codeSize = KeyringDocument.codeSizeBytes
        guard bytes.count >= 4 + codeSize else { throw damaged("it is too short") }
        let checksum = try reader.integer(UInt32.self, at: bytes.count - 4)
        // Safe: bytes have no padding to be read.
        guard checksum == CRC32C.checksum(unsafe bytes.span.bytes.extracting(0..<bytes.count - 4)) else {
            throw damaged("its checksum does not match")
        }
        let document = try decodeFields(&reader)
        guard reader.remainingCount == codeSize + 4 else { throw damaged("its length does not fit what it holds") }
        return Decoded(
            document: document, authenticatedBytes: Array(bytes[..<(bytes.count - codeSize - 4)]),
            code: try reader.bytes(codeSize))
    }

    private static func decodeFields(_ reader: inout ByteReader) throws(KeyBackendError) -> ServiceDocument {
        let kind = try reader.integer(UInt16.self)
        let sourceSize = Int(try reader.integer(UInt32.self))
        guard sourceSize <= KeyringDocument.rootSourceSizeBytesMax else { throw damaged("its root source is too long") }
        let keyringID = try reader.bytes(KeyringDocument.identifierSizeBytes)
        let created = try reader.time()
        let checkValue = try reader.bytes(KeyringDocument.checkValueSizeBytes)
        let source = try reader.text(sizeBytes: sourceSize)
        let registry = try decodeRegistry(&reader)
        return ServiceDocument(
            keyringID: keyringID, createdMilliseconds: created,
            rootSource: try KeyringDocument.RootSource(kind: kind, text: source), checkValue: checkValue,
            registry: registry)
    }

    private static func decodeRegistry(_ reader: inout ByteReader) throws(KeyBackendError) -> KeyRegistry {
        do throws(KeyServiceError) {
            let owner = try KeyOwner(account: try reader.checkedText(), region: try reader.checkedText())
            let keyCount = try reader.checkedCount()
            let aliasCount = try reader.checkedCount()
            var keys: [KeyRecord] = []
            for _ in 0..<keyCount { keys.append(try decodeKey(&reader)) }
            var aliases: [AliasRecord] = []
            for _ in 0..<aliasCount { aliases.append(try decodeAlias(&reader)) }
            guard let registry = KeyRegistry(owner: owner, keys: keys, aliases: aliases) else {
                throw KeyServiceError(damaged("a key or an alias is missing, comes twice, or is out of order"))
            }
            return registry
        } catch {
            throw error.underlying as? KeyBackendError ?? damaged("it holds what no request could make (\(error))")
        }
    }

    private static func decodeKey(_ reader: inout ByteReader) throws(KeyServiceError) -> KeyRecord {
        do throws(KeyBackendError) {
            let id = KeyID(bytes: try reader.bytes(KeyID.sizeBytes))
            let (stateCode, managerCode) = (try reader.integer(UInt8.self), try reader.integer(UInt8.self))
            guard let state = KeyState.all.first(where: { $0.code == stateCode }),
                let manager = KeyManager(rawValue: managerCode)
            else { throw damaged("a key is in an unknown state, or of an unknown maker") }
            guard try reader.integer(UInt16.self) == 0 else { throw damaged("a reserved field is not zero") }
            let created = try reader.time()
            let description = try reader.text(sizeBytes: Int(try reader.integer(UInt16.self)))
            let count = Int(try reader.integer(UInt32.self))
            guard count * materialSizeBytes <= reader.remainingCount else { throw damaged("it ends too early") }
            var materials: [KeyMaterial] = []
            for _ in 0..<count {
                materials.append(
                    KeyMaterial(
                        id: KeyMaterialID(bytes: try reader.bytes(KeyMaterialID.sizeBytes)),
                        createdMilliseconds: try reader.time(),
                        sealedKey: try reader.bytes(KeyMaterial.sealedKeySizeBytes)))
            }
            return KeyRecord(
                id: id, createdMilliseconds: created, manager: manager, state: state, keyDescription: description,
                materials: materials)
        } catch {
            throw KeyServiceError(error)
        }
    }

    private static func decodeAlias(_ reader: inout ByteReader) throws(KeyServiceError) -> AliasRecord {
        let name = try AliasName(try reader.checkedText())
        do throws(KeyBackendError) {
            return AliasRecord(
                name: name, keyID: KeyID(bytes: try reader.bytes(KeyID.sizeBytes)),
                createdMilliseconds: try reader.time(), updatedMilliseconds: try reader.time())
        } catch {
            throw KeyServiceError(error)
        }
    }

    static func damaged(_ what: String) -> KeyBackendError { KeyringDocument.damaged(what) }
}

extension ByteReader {
    fileprivate mutating func time() throws(KeyBackendError) -> Int64 {
        Int64(bitPattern: try integer(UInt64.self))
    }

    fileprivate mutating func text(sizeBytes: Int) throws(KeyBackendError) -> String {
        guard let text = String(validating: try bytes(sizeBytes), as: UTF8.self) else {
            throw KeyringDocument.damaged("a text of it is no UTF-8")
        }
        return text
    }

    fileprivate mutating func checkedText() throws(KeyServiceError) -> String {
        do throws(KeyBackendError) {
            return try text(sizeBytes: Int(try integer(UInt16.self)))
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// A number of things that each have a byte at least.
    fileprivate mutating func checkedCount() throws(KeyServiceError) -> Int {
        do throws(KeyBackendError) {
            let count = Int(try integer(UInt32.self))
            guard count <= remainingCount else { throw KeyringDocument.damaged("it ends too early") }
            return count
        } catch {
            throw KeyServiceError(error)
        }
    }
}
