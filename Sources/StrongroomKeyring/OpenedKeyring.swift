internal import StrongroomCrypto
package import StrongroomKeys
internal import StrongroomSystem
package import SystemPackage

/// A keyring with the root key that opened it and the file it came from: what can be changed and written
/// back. All calls block.
package struct OpenedKeyring<Content: KeyringContent>: Sendable {
    package private(set) var content: Content
    private var root: RootKeys
    /// As it is on disk, to notice that somebody else has changed it.
    private var documentBytes: [UInt8]
    private let keyringPath: FilePath
    private let before: KeyringFolder.Hook

    // MARK: - Open and create

    /// Opens the keyring that is there.
    package init(
        opening configuration: borrowing KeyBackendConfiguration,
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook
    ) throws(KeyBackendError) {
        keyringPath = try Self.path(of: configuration)
        self.before = before
        if configuration.settings[KeyringSettings.scryptCostExponent] != nil {
            throw KeyBackendError(
                .invalidRequest,
                "\(KeyringSettings.scryptCostExponent) is fixed when the keyring is made; leave it out.")
        }
        let folder = try KeyringFolder.open(keyring: keyringPath, Content.kind, before: before)
        documentBytes = try folder.readDocument()
        let (file, code) = try KeyringFile.decode(documentBytes, Content.kind)
        let secret = try RootKeySource.open(file.header.rootSource, in: folder.path, configuration)
        let keys = try RootKeys(root: secret, keyringID: file.header.keyringID, Content.kind)
        try keys.verify(file, code: code)
        content = try Content(opening: file, keys)
        root = keys
    }

    /// Makes a keyring where there is none. Durable when this returns.
    package init(
        creating configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost,
        before: @escaping KeyringFolder.Hook = KeyringFolder.noHook
    ) throws(KeyBackendError) {
        keyringPath = try Self.path(of: configuration)
        self.before = before
        let folder = try KeyringFolder.create(keyring: keyringPath, Content.kind, before: before)
        try folder.lock()
        if try folder.hasDocument() { throw folder.alreadyExists() }
        let id = HostRandom(host: host).bytes(KeyringHeader.identifierSizeBytes)
        let new = try RootKeySource.make(configuration, in: folder, host)
        let keys = try RootKeys(root: new.secret, keyringID: id, Content.kind)
        let header = KeyringHeader(
            keyringID: id, createdMilliseconds: host.wallMilliseconds(), rootSource: new.source,
            checkValue: keys.checkValue)
        content = try Content.make(header, configuration.settings, keys, host)
        documentBytes = try keys.encoded(content.file)
        try folder.createDocument(documentBytes)
        root = keys
    }

    // MARK: - Change

    /// Changes the keys. Durable when this returns; nothing is changed where it fails, but where the
    /// error says that what holds is seen at the next opening.
    ///
    /// - Returns: why the bytes of the file that is replaced could not be overwritten; nil where they were. They are
    ///   each time, also where no key goes: else a key that goes later would still stand where this file was.
    package mutating func change(
        _ body: (inout Content, RootKeys) throws(KeyBackendError) -> Void
    ) throws(KeyBackendError) -> KeyBackendError? {
        let folder = try lockUnchanged()
        return try write(try changed(body), to: folder)
    }

    /// The same while nobody else has the keyring open, for taking keys out.
    package mutating func erase(
        _ use: KeyringUse, _ body: (inout Content, RootKeys) throws(KeyBackendError) -> Void
    ) throws(KeyBackendError) -> KeyBackendError? {
        let folder = try lockUnchanged()
        defer { folder.unlock() }
        // First, so that a request that is refused anyway is refused for its own reason.
        let changed = try changed(body)
        try use.excludeOthers()
        let outcome: Result<KeyBackendError?, KeyBackendError>
        do throws(KeyBackendError) {
            outcome = .success(try write(changed, to: folder))
        } catch {
            outcome = .failure(error)
        }
        try use.share()
        return try outcome.get()
    }

    /// Seals all keys under another root key, in one step. An error that says so comes after that step: then the new
    /// root key is in force.
    ///
    /// The bytes of the file that is replaced, and of a root key file that is removed, are overwritten; where they
    /// cannot be, the log says so.
    package mutating func replaceRootKey(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        let folder = try lockUnchanged()
        var header = content.file.header
        let previous = header.rootSource
        let new = try RootKeySource.make(configuration, in: folder, host)
        let keys = try RootKeys(root: new.secret, keyringID: header.keyringID, Content.kind)
        (header.rootSource, header.checkValue) = (new.source, keys.checkValue)
        let changed = try content.resealed(header, keys, host)
        let bytes = try keys.encoded(changed.file)
        let replaced = folder.documentToOverwrite()
        try folder.replaceDocument(bytes)
        (content, documentBytes, root) = (changed, bytes, keys)
        if let remnant = replaced.overwrite() { host.log(.warning, remnant.remnantMessage) }
        do throws(KeyBackendError) {
            let remnant = try folder.removeRootKey(previous, nowInForce: new.source)
            if let remnant { host.log(.warning, remnant.remnantMessage) }
        } catch {
            throw KeyBackendError(
                error.code, "The root key was replaced, and the old one is still there; remove it. \(error.message)",
                underlying: error)
        }
    }

    private func changed(
        _ body: (inout Content, RootKeys) throws(KeyBackendError) -> Void
    ) throws(KeyBackendError) -> Content {
        var changed = content
        try body(&changed, root)
        return changed
    }

    private mutating func write(
        _ changed: Content, to folder: borrowing KeyringFolder
    ) throws(KeyBackendError) -> KeyBackendError? {
        let bytes = try root.encoded(changed.file)
        let replaced = folder.documentToOverwrite()
        try folder.replaceDocument(bytes)
        (content, documentBytes) = (changed, bytes)
        return replaced.overwrite()
    }

    /// Keeps other writers out, and refuses to write over what another process has written.
    private func lockUnchanged() throws(KeyBackendError) -> KeyringFolder {
        let folder = try KeyringFolder.open(keyring: keyringPath, Content.kind, before: before)
        try folder.lock()
        guard try folder.readDocument() == documentBytes else {
            throw KeyBackendError(
                .unavailable, "Another process has changed the keyring \(folder.path); open it again to see the change."
            )
        }
        return folder
    }

    /// Where a configuration says that the keyring is.
    package static func path(
        of configuration: borrowing KeyBackendConfiguration
    ) throws(KeyBackendError) -> FilePath {
        guard let path = configuration.keyring, path.isAbsolute else {
            throw KeyBackendError(
                .invalidRequest, "The \(Content.kind.title) need the absolute path of the keyring folder.")
        }
        return path
    }
}
