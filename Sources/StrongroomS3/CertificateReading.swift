#if HTTPServer
internal import NIOSSL
internal import SystemPackage

/// Reads certificates and private keys, and says of which file what is wrong: TLS's library says neither.
enum CertificateReading {
    /// The certificates of a file, in their order.
    static func chain(_ path: String) throws(S3ServerError) -> [NIOSSLCertificate] {
        let bytes = try contents(path, "certificate")
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(bytes)
            if !chain.isEmpty { return chain }
        } catch {
            throw unusable(path, "holds no certificate in PEM that can be read", underlying: error)
        }
        throw unusable(path, "holds no certificate in PEM")
    }

    /// TLS's library reads the file: the key's text comes into no memory of this process that is not the library's.
    static func privateKey(_ path: String) throws(S3ServerError) -> NIOSSLPrivateKey {
        let file = try opened(path, "private key")
        try? file.close()
        let passphrase = Passphrase()
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem) { (give: NIOSSLPassphraseSetter<[UInt8]>) in
                passphrase.isWanted = true
                give([])
            }
        } catch  where passphrase.isWanted {
            // Asked for one, a server would wait for ever.
            throw unusable(
                path, "holds a private key that is encrypted; decrypt it (openssl pkey) into a file of mode 0600",
                underlying: error)
        } catch {
            throw unusable(path, "holds no private key in PEM", underlying: error)
        }
    }

    /// Whether there is one that nobody gives. For one thread, within one call.
    private final class Passphrase { var isWanted = false }

    /// Far more than any chain needs.
    private static let sizeBytesMax = 1 << 20

    private static func contents(_ path: String, _ what: String) throws(S3ServerError) -> [UInt8] {
        let file = try opened(path, what)
        defer { try? file.close() }
        var bytes: [UInt8] = []
        do {
            while bytes.count <= sizeBytesMax {
                let part = try unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                    // Safe: the system writes at most the buffer's size and says how much it wrote.
                    initialized = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
                if part.isEmpty { return bytes }
                bytes += part
            }
        } catch {
            throw unreadable(path, what, error)
        }
        throw unusable(path, "is too large for a \(what)")
    }

    private static func opened(_ path: String, _ what: String) throws(S3ServerError) -> FileDescriptor {
        do {
            return try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        } catch {
            throw unreadable(path, what, error)
        }
    }

    private static func unreadable(_ path: String, _ what: String, _ error: any Error) -> S3ServerError {
        guard error as? Errno == .noSuchFileOrDirectory else {
            return S3ServerError(
                .invalidCertificate, "The \(what) in '\(path)' cannot be read: \(error).", underlying: error)
        }
        return S3ServerError(
            .invalidCertificate, "There is no file '\(path)', in which the \(what) should be.", underlying: error)
    }

    private static func unusable(
        _ path: String, _ why: String, underlying error: (any Error)? = nil
    ) -> S3ServerError {
        S3ServerError(.invalidCertificate, "The file '\(path)' \(why).", underlying: error)
    }
}
#endif
