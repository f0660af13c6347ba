internal import CStrongroomShims
internal import Glibc
internal import StrongroomCrypto
internal import SystemPackage

/// A private, unchangeable copy of a file: what is hashed and inspected here is what gets loaded.
///
/// Between checking a file and loading it by name, somebody could replace it. A sealed file in memory
/// has no name and cannot be written by anybody.
struct SealedImage: ~Copyable {
    /// The largest module or library that is loaded. A module with the whole Swift runtime in it has 10 MB.
    static let sizeBytesMax: UInt64 = 128 << 20

    private let descriptor: CInt
    /// Whether the descriptor stays open for good.
    private var isLoaded = false
    let path: FilePath

    /// Copies a file that passes `TrustedPath`.
    init(copying path: FilePath) throws(KeyBackendError) {
        let source: FileDescriptor
        do {
            source = try TrustedPath.open(path, .notWritableByOthers)
        } catch let error where error.code == .keyringMissing || error.code == .unavailable {
            throw KeyBackendError(.untrustedModule, error.message, underlying: error.underlying)
        }
        defer { Glibc.close(source.rawValue) }
        let copy = strongroom_sealed_copy(source.rawValue, Self.sizeBytesMax)
        guard copy >= 0 else {
            throw KeyBackendError(
                .untrustedModule, "\(path) cannot be copied into memory (at most \(Self.sizeBytesMax) bytes).",
                underlying: Errno(rawValue: -copy))
        }
        descriptor = copy
        self.path = path
    }

    deinit {
        if !isLoaded { Glibc.close(descriptor) }
    }

    /// SHA-256 of the copy.
    func digest() throws(KeyBackendError) -> [UInt8] {
        try withBytes { (bytes) throws(KeyBackendError) in
            do throws(SealError) {
                return try Digest.hash(.sha256, bytes)
            } catch {
                throw KeyBackendError(.unavailable, error.message, underlying: error)
            }
        }
    }

    /// What the copy asks of the dynamic linker.
    func image() throws(KeyBackendError) -> ELFImage {
        try withBytes { (bytes) throws(KeyBackendError) in
            do throws(ELFImage.Malformed) {
                return try ELFImage(bytes)
            } catch {
                throw KeyBackendError(.untrustedModule, "\(path) is no loadable module: \(error.reason).")
            }
        }
    }

    /// Loads the copy into this process, for good.
    ///
    /// The descriptor then stays open as well: the dynamic linker remembers the library by the name
    /// `/proc/self/fd/<number>`, and would take the next copy with that number for this one.
    mutating func load() throws(KeyBackendError) -> LoadedLibrary {
        var text = [CChar](repeating: 0, count: 512)
        // Safe: the buffer has the size given; the name is copied for the length of the call.
        let library = unsafe strongroom_load_library("/proc/self/fd/\(descriptor)", &text, text.count)
        guard let library = unsafe library else {
            let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw KeyBackendError(.untrustedModule, "\(path) cannot be loaded: \(reason).")
        }
        isLoaded = true
        return unsafe LoadedLibrary(handle: library)
    }

    private func withBytes<Value>(_ body: (RawSpan) throws(KeyBackendError) -> Value) throws(KeyBackendError) -> Value {
        var status = stat()
        // Safe: the structure is ours.
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw KeyBackendError(
                .unavailable, "The copy of \(path) cannot be read.", underlying: Errno(rawValue: errno))
        }
        guard status.st_size > 0 else { return try body(RawSpan()) }
        let size = Int(status.st_size)
        // Safe: the file is sealed, so the mapping neither changes nor shrinks while it is read.
        guard let start = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe start != MAP_FAILED
        else {
            throw KeyBackendError(
                .unavailable, "The copy of \(path) cannot be mapped.", underlying: Errno(rawValue: errno))
        }
        defer { unsafe munmap(start, size) }
        return try body(unsafe RawSpan(_unsafeStart: start, byteCount: size))
    }
}

/// A library that is part of the process from now on.
@safe struct LoadedLibrary: @unchecked Sendable {
    // Sendable, because the handle is only passed to dlsym, and the library is never unloaded.

    let handle: UnsafeMutableRawPointer

    func symbol(_ name: String) -> UnsafeMutableRawPointer? {
        // Safe: the handle stays valid; the name is copied for the length of the call.
        unsafe strongroom_library_symbol(handle, name)
    }
}
