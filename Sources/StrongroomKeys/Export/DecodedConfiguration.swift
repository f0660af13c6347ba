internal import CStrongroomKeyBackend
internal import StrongroomCrypto
internal import SystemPackage

extension KeyBackendConfiguration {
    /// The TLV block of an `open`, decoded on the module's side.
    static func decode(_ block: RawSpan) throws(KeyBackendError) -> KeyBackendConfiguration {
        guard block.byteCount <= Int(STRONGROOM_KEY_CONTEXT_MAX) else { throw TLVReader.malformed("is too large") }
        var configuration = KeyBackendConfiguration()
        var reader = TLVReader(size: block.byteCount)
        var seen: Set<Int> = []
        while let entry = try reader.next(in: block) {
            if entry.type != STRONGROOM_KEY_TLV_SETTING, !seen.insert(entry.type).inserted {
                throw TLVReader.malformed("has type \(entry.type) twice")
            }
            switch entry.type {
            case STRONGROOM_KEY_TLV_KEYRING: configuration.keyring = FilePath(try block.text(in: entry.value))
            case STRONGROOM_KEY_TLV_CREATE: configuration.creates = try block.flag(in: entry.value)
            case STRONGROOM_KEY_TLV_SETTING:
                let setting = try block.pair(in: entry.value)
                guard configuration.settings.updateValue(setting.value, forKey: setting.name) == nil else {
                    throw TLVReader.malformed("has the setting '\(setting.name)' twice")
                }
            case STRONGROOM_KEY_TLV_SECRET:
                let value = entry.value
                guard !value.isEmpty else { throw TLVReader.malformed("has an empty secret") }
                configuration.secret = try SecretBytes(count: value.count) {
                    (room: inout MutableRawSpan) throws(KeyBackendError) in
                    for offset in 0..<value.count { room.store(block.byte(at: value.lowerBound + offset), at: offset) }
                }
            default: try DecodedRequest.skip(entry.type)
            }
        }
        return configuration
    }
}
