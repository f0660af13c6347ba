internal import CStrongroomKeyBackend
internal import CStrongroomShims
internal import Synchronization
public import SystemPackage

/// A key backend that was loaded from a file.
///
/// Loading is off unless an application asks for it, file by file, and never reachable from a request. A
/// module is code in this process and can do all that the process can: it is loaded only when
///
/// - its path is absolute, and it and every directory above it belong to root or this user and cannot be
///   changed by others (``TrustedModule``; a symbolic link at the end is refused);
/// - its content has the SHA-256 that it was trusted with: it is copied into sealed memory first, and
///   hashed, inspected and loaded there;
/// - it has no search path of its own (RPATH, RUNPATH), and needs only libraries that the process has
///   loaded already, or that are trusted in the same way;
/// - the process does not run with more rights than its user (setuid).
///
/// It is never unloaded: code of it may run, and the Swift runtime keeps references into it. A changed
/// module takes a new process.
public struct KeyModule: Sendable {
    /// What instances are opened from.
    public let table: KeyBackendTable
    /// What was trusted.
    public let trust: TrustedModule

    /// The SHA-256 of the file at `path`, to be written down as the pin of a ``TrustedModule``. The same
    /// rules for owner and permissions apply as for loading.
    public static func digest(of path: FilePath) throws(KeyBackendError) -> [UInt8] {
        try SealedImage(copying: path).digest()
    }

    /// Loads a module. The same content is loaded once, however often it is asked for.
    ///
    /// - Parameters:
    ///   - trust: the module's path and digest.
    ///   - libraries: what it needs and the process has not loaded, in the order of loading.
    public static func load(
        _ trust: TrustedModule, libraries: [TrustedModule] = []
    ) throws(KeyBackendError) -> KeyModule {
        guard strongroom_is_privileged_execution() == 0 else {
            throw KeyBackendError(
                .untrustedModule,
                "This process runs with more rights than its user (setuid or file capabilities) and loads no modules.")
        }
        // Held for the whole load: two loads of one module must not become two copies of it.
        let result = LoadedModules.shared.withLock { loaded in
            Result { () throws(KeyBackendError) in
                var provided: Set<String> = []
                for library in libraries { provided.formUnion(try loadLibrary(library, provided, &loaded)) }
                return try loadModule(trust, provided, &loaded)
            }
        }
        return try result.get()
    }

    private static func loadLibrary(
        _ trust: TrustedModule, _ provided: Set<String>, _ loaded: inout LoadedModules
    ) throws(KeyBackendError) -> Set<String> {
        let (image, library) = try open(trust, provided, &loaded)
        guard let name = image.sharedObjectName else {
            throw KeyBackendError(
                .untrustedModule, "\(trust.path) has no name (DT_SONAME) under which a module could need it.")
        }
        loaded.libraries[trust.sha256] = library
        return [name]
    }

    private static func loadModule(
        _ trust: TrustedModule, _ provided: Set<String>, _ loaded: inout LoadedModules
    ) throws(KeyBackendError) -> KeyModule {
        let (_, library) = try open(trust, provided, &loaded)
        loaded.libraries[trust.sha256] = library
        guard let symbol = unsafe library.symbol(STRONGROOM_KEY_ENTRY_SYMBOL) else {
            throw KeyBackendError(
                .incompatibleModule,
                "\(trust.path) is no key backend: it has no function \(STRONGROOM_KEY_ENTRY_SYMBOL). See the header.")
        }
        // Safe: the contract gives the symbol of that name this type.
        let entry = unsafe unsafeBitCast(symbol, to: strongroom_key_entry.self)
        let pointer = unsafe entry(UInt32(STRONGROOM_KEY_ABI_MAJOR), UInt32(STRONGROOM_KEY_ABI_MINOR))
        do throws(KeyBackendError) {
            return KeyModule(table: try unsafe KeyBackendTable(pointer), trust: trust)
        } catch {
            throw KeyBackendError(error.code, "\(trust.path): \(error.message)")
        }
    }

    /// Checks everything, then loads, unless the same content is loaded already.
    private static func open(
        _ trust: TrustedModule, _ provided: Set<String>, _ loaded: inout LoadedModules
    ) throws(KeyBackendError) -> (ELFImage, LoadedLibrary) {
        var sealed = try SealedImage(copying: trust.path)
        let digest = try sealed.digest()
        guard digest == trust.sha256 else {
            throw KeyBackendError(
                .untrustedModule,
                "\(trust.path) has SHA-256 \(Hexadecimal.encode(digest)) and is trusted only with "
                    + "\(Hexadecimal.encode(trust.sha256)); if the change is meant, pin it anew: module pin.")
        }
        let image = try sealed.image()
        try check(image, trust.path, provided)
        if let library = loaded.libraries[digest] { return (image, library) }
        return (image, try sealed.load())
    }

    private static func check(
        _ image: ELFImage, _ path: FilePath, _ provided: Set<String>
    ) throws(KeyBackendError) {
        if let search = image.searchPaths.first {
            throw KeyBackendError(
                .untrustedModule,
                "\(path) has a search path (RPATH or RUNPATH '\(search)') from which untrusted files could be loaded; "
                    + "link it without: swift build --disable-local-rpath -Xswiftc -no-toolchain-stdlib-rpath.")
        }
        if let name = image.indirectLoads.first {
            throw KeyBackendError(
                .untrustedModule, "\(path) asks the dynamic linker to load '\(name)' as well; link it without.")
        }
        for name in image.neededLibraries where !provided.contains(name) {
            // A name with a slash would be a file of its own choosing.
            // Safe: the name is copied for the length of the call.
            guard !name.contains("/"), unsafe strongroom_library_is_loaded(name) == 1 else {
                throw KeyBackendError(
                    .untrustedModule,
                    "\(path) needs the library '\(name)', which this process has not loaded and nobody has pinned; "
                        + "pin it too, or link the module without it.")
            }
        }
    }
}

/// What this process has loaded, by digest.
struct LoadedModules: Sendable {
    static let shared = Mutex(LoadedModules())

    var libraries: [[UInt8]: LoadedLibrary] = [:]
}
