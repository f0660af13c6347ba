internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// What only some keys have, behind what all have:
///
///     number of attributes u16
///     each, ascending by number: number u16 | size u32 | value
///
///     1 tags, ascending: name, text | value, text …
///     2 pending deletion: the day i64
///     3 automatic rotation: period in days u16 | next i64
///     4 origin external; empty before the first import, then each imported material, oldest first: material id (32)
///       | sealed verifier (104) | expires i64, the largest for never
///     5 why each material was made, in their order, unless the first came with the key and the others on demand:
///       u8 each (``MaterialCause``)
///     6 grants (see ``GrantCoding``)
///     7 for each imported material: first imported i64 | began to seal i64, the largest where it waits for a rotation;
///       missing where there is one, which seals since it, or the key, was made
///     8 multi-Region (see ``MultiRegionCoding``)
///
/// Times are in milliseconds since 1970, a text is `u16 size | UTF-8`. Little-endian; part of the format, must not
/// change. An attribute that is not known makes the document unreadable: it would say something about who may use the
/// key.
enum KeyAttributes {
    private enum Number: UInt16, CaseIterable {
        case tags = 1
        case deletion = 2
        case rotation = 3
        case external = 4
        case causes = 5
        case grants = 6
        case imports = 7
        case multiRegion = 8
    }

    /// Empty where the key has none.
    static func encoded(_ key: KeyRecord) -> [UInt8] {
        let values = Number.allCases.compactMap { number in
            value(number, of: key).map { (number: number, bytes: $0) }
        }
        if values.isEmpty { return [] }
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt16(values.count))
        for value in values {
            bytes.appendLittleEndian(value.number.rawValue)
            bytes.appendLittleEndian(UInt32(value.bytes.count))
            bytes += value.bytes
        }
        return bytes
    }

    private static func value(_ number: Number, of key: KeyRecord) -> [UInt8]? {
        var bytes: [UInt8] = []
        switch number {
        case .tags:
            if key.tags.isEmpty { return nil }
            for tag in key.tags {
                bytes.appendText(tag.name)
                bytes.appendText(tag.value)
            }
        case .deletion:
            guard let deletion = key.deletionMilliseconds else { return nil }
            bytes.appendTime(deletion)
        case .rotation:
            guard let rotation = key.rotation else { return nil }
            bytes.appendLittleEndian(UInt16(rotation.periodDays))
            bytes.appendTime(rotation.nextMilliseconds)
        case .external:
            if key.origin == .service { return nil }
            for imported in key.imported {
                bytes += imported.materialID.bytes + imported.sealedVerifier
                bytes.appendTime(imported.expiresMilliseconds ?? .max)
            }
        case .causes:
            let causes = key.materials.map(\.cause)
            if causes == usualCauses(causes.count) { return nil }
            bytes += causes.map(\.rawValue)
        case .grants:
            if key.grants.isEmpty { return nil }
            bytes += GrantCoding.encoded(key.grants)
        case .imports:
            if key.imported.isEmpty || key.imported == [usualImport(key.imported[0], of: key)] { return nil }
            for imported in key.imported {
                bytes.appendTime(imported.importedMilliseconds)
                bytes.appendTime(imported.currentSinceMilliseconds ?? .max)
            }
        case .multiRegion:
            guard let multiRegion = key.multiRegion else { return nil }
            bytes += MultiRegionCoding.encoded(multiRegion)
        }
        return bytes
    }

    /// As imported material was before there were times of it.
    private static func usualImport(_ imported: ImportedMaterial, of key: KeyRecord) -> ImportedMaterial {
        let made =
            key.materials.first { $0.id == imported.materialID }?.createdMilliseconds ?? key.createdMilliseconds
        return imported.known(since: made, current: made)
    }

    private static func usualCauses(_ count: Int) -> [MaterialCause] {
        (0..<count).map { $0 == 0 ? .creation : .rotationOnDemand }
    }

    // MARK: - Decoding

    static func decode(_ reader: inout ByteReader, into key: inout KeyRecord) throws(KeyBackendError) {
        var last: UInt16 = 0
        for _ in 0..<(try reader.integer(UInt16.self)) {
            let code = try reader.integer(UInt16.self)
            guard let number = Number(rawValue: code), code > last else {
                throw KeyringFile.damaged("a key has what no version here knows")
            }
            last = code
            var value = ByteReader(try reader.bytes(Int(try reader.integer(UInt32.self))))
            try decode(number, &value, into: &key)
            guard value.remainingCount == 0 else { throw KeyringFile.damaged("a key's attribute is too long") }
        }
    }

    private static func decode(
        _ number: Number, _ reader: inout ByteReader, into key: inout KeyRecord
    ) throws(KeyBackendError) {
        switch number {
        case .tags:
            while reader.remainingCount > 0 { key.tags.append(try tag(&reader)) }
        case .deletion:
            key.deletionMilliseconds = try reader.time()
        case .rotation:
            let period = Int(try reader.integer(UInt16.self))
            guard RotationSchedule.periodDays.contains(period) else {
                throw KeyringFile.damaged("a key rotates as no request could have it")
            }
            key.rotation = RotationSchedule(periodDays: period, nextMilliseconds: try reader.time())
        case .external:
            key.origin = .external
            while reader.remainingCount > 0 { key.imported.append(usualImport(try imported(&reader), of: key)) }
        case .causes:
            for index in key.materials.indices {
                guard let cause = MaterialCause(rawValue: try reader.integer(UInt8.self)) else {
                    throw KeyringFile.damaged("a material was made for an unknown reason")
                }
                key.materials[index].cause = cause
            }
        case .grants:
            key.grants = try GrantCoding.decode(&reader)
        case .imports:
            for index in key.imported.indices {
                let (made, since) = (try reader.time(), try reader.time())
                key.imported[index] = key.imported[index].known(since: made, current: since == .max ? nil : since)
            }
        case .multiRegion:
            key.multiRegion = try MultiRegionCoding.decode(&reader)
        }
    }

    private static func tag(_ reader: inout ByteReader) throws(KeyBackendError) -> KeyTag {
        let (name, value) = (try reader.text(), try reader.text())
        do throws(KeyServiceError) {
            return try KeyTag(name: name, value: value)
        } catch {
            throw KeyringFile.damaged("a key has a tag that no request could make")
        }
    }

    private static func imported(_ reader: inout ByteReader) throws(KeyBackendError) -> ImportedMaterial {
        let id = KeyMaterialID(bytes: try reader.bytes(KeyMaterialID.sizeBytes))
        let verifier = try reader.bytes(KeyMaterial.sealedKeySizeBytes)
        let expires = try reader.time()
        return ImportedMaterial(
            materialID: id, sealedVerifier: verifier, expiresMilliseconds: expires == .max ? nil : expires,
            importedMilliseconds: 0)
    }
}

extension ImportedMaterial {
    fileprivate func known(since importedMilliseconds: Int64, current: Int64?) -> ImportedMaterial {
        ImportedMaterial(
            materialID: materialID, sealedVerifier: sealedVerifier, expiresMilliseconds: expiresMilliseconds,
            importedMilliseconds: importedMilliseconds, currentSinceMilliseconds: current)
    }
}
