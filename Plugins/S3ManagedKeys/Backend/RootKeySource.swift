internal import Glibc
package import StrongroomCrypto
package import StrongroomKeys
internal import StrongroomSystem
package import SystemPackage

/// Where root keys come from: found as the keyring's document says, or made as a configuration asks.
package enum RootKeySource {
    /// A root key, and what the document will say of it.
    package struct New: ~Copyable {
        package var source: KeyringDocument.RootSource
        package var secret: SecretBytes
    }

    /// The root key of a keyring that exists.
    package static func open(
        _ source: KeyringDocument.RootSource, in folder: FilePath, _ configuration: borrowing KeyBackendConfiguration
    ) throws(KeyBackendError) -> SecretBytes {
        let path = configuration.settings[S3ManagedKeys.rootKeyFileSetting]
        switch source {
        case .file(let recorded):
            if configuration.secret != nil {
                throw KeyBackendError(
                    .invalidRequest, "This keyring is opened by a root key file, not by a passphrase; leave that out.")
            }
            return try SecretFile.readRootKey(path.map { FilePath($0) } ?? folder.pushing(FilePath(recorded)))
        case .passphrase(let parameters):
            if path != nil {
                throw KeyBackendError(
                    .invalidRequest, "This keyring is opened by a passphrase, not by a root key file; leave that out.")
            }
            switch configuration.secret {
            case .none: throw KeyBackendError(.invalidRequest, "This keyring is opened by a passphrase; give it.")
            case .some(let passphrase): return try parameters.rootKey(passphrase)
            }
        }
    }

    /// A root key for a keyring that is being made, or sealed anew.
    package static func make(
        _ configuration: borrowing KeyBackendConfiguration, in folder: borrowing KeyringFolder,
        _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> New {
        let path = configuration.settings[S3ManagedKeys.rootKeyFileSetting]
        let scrypt = try scrypt(configuration.settings[S3ManagedKeys.scryptSetting])
        switch configuration.secret {
        case .some(let passphrase):
            if path != nil {
                throw KeyBackendError(.invalidRequest, "Give a root key file or a passphrase, not both.")
            }
            let parameters = PassphraseParameters(
                scrypt: scrypt ?? .recommended,
                salt: HostRandom(host: host).bytes(PassphraseParameters.saltSizeBytes))
            return New(source: .passphrase(parameters), secret: try parameters.rootKey(passphrase))
        case .none:
            if scrypt != nil {
                throw KeyBackendError(
                    .invalidRequest, "\(S3ManagedKeys.scryptSetting) is for passphrases; leave it out.")
            }
            guard let path else {
                // A name of its own for each: while a root key is replaced, both are there.
                let name = "root-\(Hexadecimal.encode(HostRandom(host: host).bytes(4))).key"
                return New(source: .file(name), secret: try makeFile(folder.path.appending(name), host))
            }
            return New(source: .file(path), secret: try readOrMakeFile(try outside(folder, FilePath(path)), host))
        }
    }

    /// A path of the user's own. In the keyring's folder only this backend makes root key files and removes them, so
    /// that it never removes one of the user's, and no file is known there by a path as well as by a name.
    private static func outside(
        _ folder: borrowing KeyringFolder, _ path: FilePath
    ) throws(KeyBackendError) -> FilePath {
        if try folder.contains(path.removingLastComponent()) {
            throw KeyBackendError(
                .invalidRequest,
                "The root key file \(path) lies in the keyring's own folder \(folder.path); name one elsewhere, "
                    + "or leave \(S3ManagedKeys.rootKeyFileSetting) out to have one made there.")
        }
        return path
    }

    private static func readOrMakeFile(_ path: FilePath, _ host: any KeyBackendHost) throws(KeyBackendError)
        -> SecretBytes
    {
        do {
            return try SecretFile.readRootKey(path)
        } catch  where error.code == .keyringMissing {
            return try makeFile(path, host)
        }
    }

    private static func makeFile(_ path: FilePath, _ host: any KeyBackendHost) throws(KeyBackendError) -> SecretBytes {
        let root: SecretBytes
        do throws(SecretMemoryError) {
            root = try SecretBytes.random(count: RootKeys.rootSizeBytes, from: HostRandom(host: host))
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        try SecretFile.createRootKey(root, at: path)
        return root
    }

    private static func scrypt(_ setting: String?) throws(KeyBackendError) -> Scrypt? {
        guard let setting else { return nil }
        guard let exponent = Int(setting), Scrypt.costExponentRange.contains(exponent) else {
            throw KeyBackendError(
                .invalidRequest,
                "\(S3ManagedKeys.scryptSetting) is '\(setting)', not a number in \(Scrypt.costExponentRange).")
        }
        do throws(SealError) {
            return try Scrypt(
                costExponent: exponent, blockSize: Scrypt.recommended.blockSize,
                parallelization: Scrypt.recommended.parallelization)
        } catch {
            throw KeyBackendError(.invalidRequest, error.message, underlying: error)
        }
    }
}
