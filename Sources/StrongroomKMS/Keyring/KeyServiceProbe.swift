internal import StrongroomKeyring
package import StrongroomKeys

/// What is read of the key service's keyring file, held against what is written to it: for fuzzers, which hand in any
/// bytes.
package enum KeyServiceProbe {
    /// False where `body` is taken for keys that are others once they have been written. Not for ones that would be
    /// written in other bytes: those of earlier versions are.
    package static func isStable(keyringBody body: [UInt8]) throws(KeyBackendError) -> Bool {
        guard let first = try? ServiceDocument(KeyringProbe.file(ServiceKeyring.kind, body: body)) else { return true }
        let written = first.file
        let second = try ServiceDocument(written)
        return first.isConsistent && second == first && second.file == written
            && second.registry.dueMilliseconds == first.registry.dueMilliseconds
    }
}
