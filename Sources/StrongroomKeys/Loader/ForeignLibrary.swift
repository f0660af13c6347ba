internal import CStrongroomShims
internal import Glibc
internal import Synchronization
package import SystemPackage

/// A shared library of somebody else's that a backend calls, such as that of a hardware token.
///
/// It is code in this process, as a key module is, and loaded as one: from an absolute path that nobody else can change
/// (``TrustedModule``), out of a sealed copy, with the SHA-256 that it was pinned with where it was. Two rules are
/// wider, because nobody of ours builds it:
///
/// - The dynamic linker may load what it needs besides, from the system's own folders and from those that the
///   library (RPATH, RUNPATH) or the environment (LD_LIBRARY_PATH) name: each of them must be an absolute path
///   that only root and this user can change. None of these files is pinned.
/// - In the library's own paths `$ORIGIN` stands for nothing: the copy lies in no folder. What such a library needs
///   from beside itself must be made known to the linker by whoever installs it (ld.so.conf). In the environment it
///   stands for the program's folder, and is refused.
///
/// It is never unloaded.
package struct ForeignLibrary: Sendable {
    /// SHA-256 of its content: the same content is the same library.
    package let sha256: [UInt8]
    private let library: LoadedLibrary

    /// Loads a library; the same content once, however often it is asked for.
    package static func load(_ path: FilePath, sha256 pin: [UInt8]?) throws(KeyBackendError) -> ForeignLibrary {
        guard strongroom_is_privileged_execution() == 0 else {
            throw KeyBackendError(
                .untrustedModule,
                "This process runs with more rights than its user (setuid or file capabilities) and loads no libraries."
            )
        }
        // Held for the whole load: two loads of one library must not become two copies of it.
        let result = LoadedModules.shared.withLock { loaded in
            Result { () throws(KeyBackendError) in try load(path, pin, &loaded) }
        }
        return try result.get()
    }

    private static func load(
        _ path: FilePath, _ pin: [UInt8]?, _ loaded: inout LoadedModules
    ) throws(KeyBackendError) -> ForeignLibrary {
        var sealed = try SealedImage(copying: path)
        let digest = try sealed.digest()
        if let pin, digest != pin {
            throw KeyBackendError(
                .untrustedModule,
                "\(path) has SHA-256 \(Hexadecimal.encode(digest)) and is trusted only with \(Hexadecimal.encode(pin)); "
                    + "if the change is meant, write down the new one.")
        }
        let image = try sealed.image()
        if let name = image.indirectLoads.first ?? image.neededLibraries.first(where: { $0.contains("/") }) {
            throw KeyBackendError(
                .untrustedModule, "\(path) asks the dynamic linker to load '\(name)', a file of its own choosing.")
        }
        if let library = loaded.libraries[digest] { return ForeignLibrary(sha256: digest, library: library) }
        for list in image.searchPaths {
            try check(list, "The search path (RPATH or RUNPATH) of \(path)", separators: ":", allowsOrigin: true)
        }
        try checkEnvironment()
        let library = try sealed.load()
        loaded.libraries[digest] = library
        return ForeignLibrary(sha256: digest, library: library)
    }

    /// Nil where the library has no such function.
    package func symbol(_ name: String) -> UnsafeMutableRawPointer? { unsafe library.symbol(name) }

    private static func checkEnvironment() throws(KeyBackendError) {
        // Safe: nothing in this process changes its environment while libraries are loaded.
        guard let list = unsafe getenv("LD_LIBRARY_PATH") else { return }
        // Repaired, it would name other folders than those that the linker looks in.
        guard let list = unsafe String(validatingCString: list) else {
            throw KeyBackendError(.untrustedModule, "LD_LIBRARY_PATH is not in UTF-8; name other folders there.")
        }
        if !list.isEmpty { try check(list, "LD_LIBRARY_PATH", separators: ":;", allowsOrigin: false) }
    }

    /// Splits as the linker (glibc) does: byte by byte, whatever the characters are.
    private static func check(
        _ list: String, _ name: String, separators: String, allowsOrigin: Bool
    ) throws(KeyBackendError) {
        // The linker takes an empty entry for the current directory.
        for entry in list.utf8.split(omittingEmptySubsequences: false, whereSeparator: separators.utf8.contains) {
            let text = String(Substring(entry))
            if allowsOrigin, text == "$ORIGIN" || text == "${ORIGIN}" { continue }
            guard entry.first == UInt8(ascii: "/"), !entry.contains(UInt8(ascii: "$")) else {
                throw KeyBackendError(
                    .untrustedModule,
                    "\(name) has the entry '\(text)', from which untrusted files could be loaded; leave it out, or "
                        + "give an absolute path.")
            }
            do throws(KeyBackendError) {
                try checkFolder(FilePath(text))
            } catch {
                throw KeyBackendError(error.code, "\(name): \(error.message)", underlying: error.underlying)
            }
        }
    }

    /// Where a folder is not there, whoever can write to the one above it could make it.
    private static func checkFolder(_ path: FilePath) throws(KeyBackendError) {
        var folder = path
        while true {
            do throws(KeyBackendError) {
                let descriptor = try TrustedPath.openDirectory(folder).rawValue
                defer { Glibc.close(descriptor) }
                if folder != path { try checkNobodyMakes(path, in: descriptor, folder) }
                return
            } catch {
                guard error.code == .keyringMissing, folder.removeLastComponent() else { throw error }
            }
        }
    }

    /// A sticky folder protects what is there, and lets everybody make what is not.
    private static func checkNobodyMakes(
        _ path: FilePath, in descriptor: CInt, _ folder: FilePath
    ) throws(KeyBackendError) {
        var status = stat()
        // Safe: the structure is ours and outlives the call.
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw KeyBackendError(
                .unsafePermissions, "There is no \(path), and others could make it in \(folder); leave it out.")
        }
    }
}
