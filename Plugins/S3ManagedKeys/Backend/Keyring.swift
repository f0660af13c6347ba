internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// An opened keyring: its document and its keys in locked memory.
///
/// Invariant: `keys` has exactly one key for each entry of `document`, in the same order.
struct Keyring: KeyringContent {
    static var kind: KeyringKind { S3ManagedKeys.keyringKind }

    private(set) var document: KeyringDocument
    private var keys: [WrappingKey]

    var file: KeyringFile { document.file }

    private init(document: KeyringDocument, keys: [WrappingKey]) {
        assert(document.entries.count == keys.count)
        self.document = document
        self.keys = keys
    }

    /// A keyring with one version of each line.
    static func make(
        _ header: KeyringHeader, _: [String: String], _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> Keyring {
        var keyring = Keyring(document: KeyringDocument(header: header, entries: []), keys: [])
        for line in KeyLine.allCases { try keyring.addVersion(line, root, host) }
        return keyring
    }

    init(opening file: KeyringFile, _ root: RootKeys) throws(KeyBackendError) {
        document = try KeyringDocument(file)
        keys = []
        for entry in document.entries {
            keys.append(try WrappingKey(try root.open(entry.sealedKey, as: entry.name)))
        }
    }

    /// The version that wraps.
    func currentVersion(_ line: KeyLine) -> UInt32 {
        UInt32(document.entries.count { $0.line == line })
    }

    /// Nil where there is no such version.
    func key(_ line: KeyLine, _ version: UInt32) -> WrappingKey? {
        document.entries.firstIndex { $0.line == line && $0.version == version }.map { keys[$0] }
    }

    /// Adds the next version of a line, which is current from then on.
    mutating func addVersion(
        _ line: KeyLine, _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        let version = currentVersion(line) + 1
        let key = try WrappingKey.random(host)
        let entry = KeyringDocument.Entry(
            line: line, version: version, createdMilliseconds: host.wallMilliseconds(),
            sealedKey: try root.seal(
                key.secret, as: KeyringDocument.Entry.name(line, version), random: HostRandom(host: host)))
        let index = document.entries.lastIndex { $0.line.rawValue <= line.rawValue }.map { $0 + 1 } ?? 0
        document.entries.insert(entry, at: index)
        keys.insert(key, at: index)
        assert(document.entries.count == keys.count)
    }

    func resealed(
        _ header: KeyringHeader, _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> Keyring {
        var copy = self
        copy.document.header = header
        for (index, entry) in document.entries.enumerated() {
            copy.document.entries[index].sealedKey = try root.seal(
                keys[index].secret, as: entry.name, random: HostRandom(host: host))
        }
        return copy
    }
}
