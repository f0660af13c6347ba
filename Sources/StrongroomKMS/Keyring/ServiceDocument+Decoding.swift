internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

extension ServiceDocument {
    /// Reads a body of which nothing is trusted.
    init(_ file: KeyringFile) throws(KeyBackendError) {
        var reader = ByteReader(file.body)
        let registry = try Self.decodeRegistry(&reader)
        let seed = reader.remainingCount == 0 ? nil : try reader.bytes(KeyMaterial.sealedKeySizeBytes)
        guard reader.remainingCount == 0 else { throw KeyringFile.damaged("something follows its end") }
        self.init(header: file.header, registry: registry, sealedAuditSeed: seed)
        guard isConsistent else { throw KeyringFile.damaged("a primary is said to be in another keyring") }
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
                throw KeyServiceError(
                    KeyringFile.damaged("a key or an alias is missing, comes twice, or is out of order"))
            }
            return registry
        } catch {
            throw error.underlying as? KeyBackendError
                ?? KeyringFile.damaged("it holds what no request could make (\(error))")
        }
    }

    private static func decodeKey(_ reader: inout ByteReader) throws(KeyServiceError) -> KeyRecord {
        do throws(KeyBackendError) {
            let id = KeyID(bytes: try reader.bytes(KeyID.sizeBytes))
            let (stateCode, managerCode) = (try reader.integer(UInt8.self), try reader.integer(UInt8.self))
            guard let state = KeyState.all.first(where: { $0.code == stateCode }),
                let manager = KeyManager(rawValue: managerCode)
            else { throw KeyringFile.damaged("a key is in an unknown state, or of an unknown maker") }
            let flags = try reader.integer(UInt16.self)
            guard flags & ~(hasPolicy | hasAttributes) == 0 else {
                throw KeyringFile.damaged("a key has what no version here knows")
            }
            let created = try reader.time()
            let description = try reader.text()
            let count = Int(try reader.integer(UInt32.self))
            guard count * materialSizeBytes <= reader.remainingCount else {
                throw KeyringFile.damaged("it ends too early")
            }
            var materials: [KeyMaterial] = []
            for _ in 0..<count {
                materials.append(
                    KeyMaterial(
                        id: KeyMaterialID(bytes: try reader.bytes(KeyMaterialID.sizeBytes)),
                        createdMilliseconds: try reader.time(),
                        sealedKey: try reader.bytes(KeyMaterial.sealedKeySizeBytes)))
            }
            let text = flags & hasPolicy == 0 ? nil : try reader.text()
            var key = KeyRecord(
                id: id, createdMilliseconds: created, manager: manager, state: state, keyDescription: description,
                materials: materials, policy: try text.map { (text) throws(KeyBackendError) in try policy(text) })
            // As they were before there were attributes: the first was made with the key, the others on demand.
            for index in key.materials.indices.dropFirst() { key.materials[index].cause = .rotationOnDemand }
            if flags & hasAttributes != 0 { try KeyAttributes.decode(&reader, into: &key) }
            guard key.isConsistent else { throw KeyringFile.damaged("a key contradicts itself") }
            return key
        } catch {
            throw KeyServiceError(error)
        }
    }

    private static func policy(_ text: String) throws(KeyBackendError) -> KeyPolicy {
        do throws(KeyServiceError) {
            return try KeyPolicy(text)
        } catch {
            throw KeyringFile.damaged("a key policy cannot be read (\(error.message))")
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
}

extension ByteReader {
    mutating func time() throws(KeyBackendError) -> Int64 {
        Int64(bitPattern: try integer(UInt64.self))
    }

    mutating func text() throws(KeyBackendError) -> String {
        let sizeBytes = Int(try integer(UInt16.self))
        guard let text = String(validating: try bytes(sizeBytes), as: UTF8.self) else {
            throw KeyringFile.damaged("a text of it is no UTF-8")
        }
        return text
    }

    fileprivate mutating func checkedText() throws(KeyServiceError) -> String {
        do throws(KeyBackendError) {
            return try text()
        } catch {
            throw KeyServiceError(error)
        }
    }

    /// A number of things that each have a byte at least.
    fileprivate mutating func checkedCount() throws(KeyServiceError) -> Int {
        do throws(KeyBackendError) {
            let count = Int(try integer(UInt32.self))
            guard count <= remainingCount else { throw KeyringFile.damaged("it ends too early") }
            return count
        } catch {
            throw KeyServiceError(error)
        }
    }
}
