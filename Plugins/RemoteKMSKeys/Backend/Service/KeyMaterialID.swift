#if RemoteKMS
internal import StrongroomKeys

/// The id of a key's material, which is the key's version.
enum KeyMaterialID {
    private static let sizeBytesMax = 128

    /// Nil where the service does not say it.
    static func read(_ name: String, in members: [String: JSONValue]) throws(KeyBackendError) -> String? {
        switch members[name] {
        case nil, .null?: return nil
        case .string(let id)? where isOne(id): return id
        default: throw KeyBackendError(.moduleFault, "was answered with a '\(name)' that is no id of key material")
        }
    }

    private static func isOne(_ id: String) -> Bool {
        (1...sizeBytesMax).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
#endif
