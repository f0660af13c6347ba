#if HTTPServer
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The certificate of a server, from files that may change while it runs: the next handshake has the new one.
final class CertificateFiles: Sendable {
    private struct Loaded: Sendable {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
        var stamp: [Stamp]
    }

    /// What tells that a file is another one.
    private struct Stamp: Equatable, Sendable {
        var modified: Date?
        var size: Int?
    }

    private let certificatePath: String
    private let keyPath: String
    private let logger: Logger
    private let loaded: Mutex<Loaded>

    /// - Throws: ``S3ServerError/Code/invalidCertificate``; the files must be there when the server starts.
    init(certificatePath: String, keyPath: String, logger: Logger) throws(S3ServerError) {
        (self.certificatePath, self.keyPath, self.logger) = (certificatePath, keyPath, logger)
        loaded = Mutex(try Self.load(certificatePath, keyPath))
    }

    /// What TLS speaks with: TLS 1.2 and newer, or 1.3 alone.
    func configuration(minimumVersion: TLSVersion) throws -> TLSConfiguration {
        let first = loaded.withLock { $0 }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain, privateKey: first.key)
        configuration.minimumTLSVersion = minimumVersion
        configuration.sslContextCallback = { [self] _, promise in
            let now = loaded.withLock { $0 }
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = now.chain
            override.privateKey = now.key
            promise.succeed(override)
        }
        return configuration
    }

    /// Reads the files again where they have changed. Files that cannot be used are told of, and the old ones stay:
    /// whoever replaces two files does so one after the other.
    func reload() {
        let stamp = Self.stamp(certificatePath, keyPath)
        guard loaded.withLock({ $0.stamp != stamp }) else { return }
        do {
            let fresh = try Self.load(certificatePath, keyPath)
            loaded.withLock { $0 = fresh }
            logger.info("certificate loaded", metadata: ["file": "\(certificatePath)"])
        } catch {
            logger.error("certificate not loaded; the old one stays", metadata: ["error": "\(error.message)"])
        }
    }

    private static func load(_ certificatePath: String, _ keyPath: String) throws(S3ServerError) -> Loaded {
        let stamp = stamp(certificatePath, keyPath)
        let chain = try CertificateReading.chain(certificatePath)
        let key = try CertificateReading.privateKey(keyPath)
        let loaded = Loaded(chain: chain.map { .certificate($0) }, key: .privateKey(key), stamp: stamp)
        do {
            // The library finds out whether the two belong together.
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(certificateChain: loaded.chain, privateKey: loaded.key))
        } catch {
            throw S3ServerError(
                .invalidCertificate,
                "The private key in '\(keyPath)' does not belong to the first certificate in '\(certificatePath)'; name the "
                    + "one that it was made with.", underlying: error)
        }
        return loaded
    }

    private static func stamp(_ paths: String...) -> [Stamp] {
        paths.map { path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return Stamp(
                modified: attributes?[.modificationDate] as? Date, size: (attributes?[.size] as? NSNumber)?.intValue)
        }
    }
}
#endif
