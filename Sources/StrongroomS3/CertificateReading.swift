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

    static func privateKey(_ path: String) throws(S3ServerError) -> NIOSSLPrivateKey {
        let bytes = try contents(path, "private key")
        let text = String(decoding: bytes, as: UTF8.self)
        // As PKCS #8 marks it, and as OpenSSL's own form does. Asked for a passphrase, a server would wait for ever.
        guard !text.contains("BEGIN ENCRYPTED PRIVATE KEY"), !text.contains("Proc-Type: 4,ENCRYPTED") else {
            throw unusable(
                path, "holds a private key that is encrypted; decrypt it (openssl pkey) into a file of mode 0600")
        }
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw unusable(path, "holds no private key in PEM", underlying: error)
        }
    }

    /// Far more than any chain needs.
    private static let sizeBytesMax = 1 << 20

    private static func contents(_ path: String, _ what: String) throws(S3ServerError) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            while bytes.count <= sizeBytesMax {
                let part = try unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                    // Safe: the system writes at most the buffer's size and says how much it wrote.
                    initialized = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
                if part.isEmpty { return bytes }
                bytes += part
            }
        } catch {
            if error as? Errno == .noSuchFileOrDirectory {
                throw S3ServerError(
                    .invalidCertificate, "There is no file '\(path)', in which the \(what) should be.",
                    underlying: error)
            }
            throw S3ServerError(
                .invalidCertificate, "The \(what) in '\(path)' cannot be read: \(error).", underlying: error)
        }
        throw unusable(path, "is too large for a \(what)")
    }

    private static func unusable(
        _ path: String, _ why: String, underlying error: (any Error)? = nil
    ) -> S3ServerError {
        S3ServerError(.invalidCertificate, "The file '\(path)' \(why).", underlying: error)
    }
}
#endif
