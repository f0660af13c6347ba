#if RemoteKMS
internal import Glibc
internal import NIOCore
internal import NIOSSL
internal import StrongroomKeys
internal import SystemPackage

/// What a certificate is checked against: the system's authorities, or those of one file alone.
enum AuthorityFile {
    private static let sizeBytesMax = 4 << 20
    /// How long a connection that is given up holds its place while the service does not agree to its end.
    private static let shutdownTimeout = TimeAmount.milliseconds(500)

    /// TLS 1.2 at least, and always with the whole chain and the host's name checked. Blocks.
    static func context(_ path: FilePath?) throws(KeyBackendError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.shutdownTimeout = shutdownTimeout
        if let path { configuration.trustRoots = .certificates(try certificates(path)) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw KeyBackendError(
                .unavailable,
                "The authorities that certificates are checked against cannot be loaded; set ca-file, or install "
                    + "ca-certificates.", underlying: error)
        }
    }

    private static func certificates(_ path: FilePath) throws(KeyBackendError) -> [NIOSSLCertificate] {
        let bytes = try read(path)
        do {
            let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
            if !certificates.isEmpty { return certificates }
        } catch {
            throw KeyBackendError(
                .invalidRequest, "\(path) is no list of certificates in PEM form.", underlying: error)
        }
        throw KeyBackendError(.invalidRequest, "\(path) has no certificate in PEM form.")
    }

    /// Whoever could write the file could name his own authority.
    private static func read(_ path: FilePath) throws(KeyBackendError) -> [UInt8] {
        let file = try TrustedPath.open(path, .notWritableByOthers)
        defer { Glibc.close(file.rawValue) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // Safe: the buffer has the size given.
            let count = unsafe Glibc.read(file.rawValue, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let error = Errno(rawValue: errno)
                throw KeyBackendError(.unavailable, "Cannot read \(path): \(error).", underlying: error)
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= sizeBytesMax else {
                throw KeyBackendError(.invalidRequest, "\(path) is larger than \(sizeBytesMax) bytes.")
            }
        }
    }
}
#endif
