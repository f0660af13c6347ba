internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// An opened keyring: its document and its keys in locked memory.
///
/// Invariant: `keys` has exactly one key for each entry of `document`, in the same order.
struct Keyring: Sendable {
    private(set) var document: KeyringDocument
    private var keys: [WrappingKey]

    init(document: KeyringDocument, keys: [WrappingKey]) {
        assert(document.entries.count == keys.count)
        self.document = document
        self.keys = keys
    }

    /// A keyring with one version of each line.
    static func make(
        id: [UInt8], source: KeyringDocument.RootSource, root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> Keyring {
        let document = KeyringDocument(
            keyringID: id, createdMilliseconds: host.wallMilliseconds(), rootSource: source,
            checkValue: root.checkValue, entries: [])
        var keyring = Keyring(document: document, keys: [])
        for line in KeyLine.allCases { try keyring.addVersion(line, root, host) }
        return keyring
    }

    /// Opens every key of a document that `root` has verified.
    init(opening document: KeyringDocument, _ root: RootKeys) throws(KeyBackendError) {
        self.document = document
        keys = []
        for entry in document.entries { keys.append(try WrappingKey(try root.open(entry))) }
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
        let key: SecretBytes
        do throws(SecretMemoryError) {
            key = try SecretBytes.random(count: 32, from: HostRandom(host: host))
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        let entry = KeyringDocument.Entry(
            line: line, version: version, createdMilliseconds: host.wallMilliseconds(),
            sealedKey: try root.seal(key, line, version, random: HostRandom(host: host)))
        let index = document.entries.lastIndex { $0.line.rawValue <= line.rawValue }.map { $0 + 1 } ?? 0
        document.entries.insert(entry, at: index)
        keys.insert(try WrappingKey(key), at: index)
        assert(document.entries.count == keys.count)
    }

    /// The same keys, sealed under another root key.
    func resealed(
        _ source: KeyringDocument.RootSource, _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> Keyring {
        var copy = self
        copy.document.rootSource = source
        copy.document.checkValue = root.checkValue
        for (index, entry) in document.entries.enumerated() {
            copy.document.entries[index].sealedKey = try root.seal(
                keys[index].secret, entry.line, entry.version, random: HostRandom(host: host))
        }
        return copy
    }
}
