#if HTTPServer
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
public import ServiceLifecycle
public import Strongroom
internal import StrongroomS3Protocol
internal import StrongroomSystem
internal import Synchronization
internal import UnixSignals

/// Serves a store to clients of S3, over HTTP, HTTPS or both.
///
/// ```swift
/// var options = S3ServerOptions()
/// options.http = .init(host: "127.0.0.1", port: 9000)
/// try await S3Server(store, options).run()
/// ```
///
/// A `Service`: add it to a `ServiceGroup`, or run it by itself. It stops gracefully: what runs is finished, for as
/// long as ``S3ServerLimits/shutdownSeconds`` says. The store stays open; close it afterwards.
public struct S3Server: Service {
    /// Where a server listens, once it does.
    public struct Endpoint: Sendable, Hashable {
        /// Whether it speaks TLS.
        public var isSecure: Bool
        /// The host of the options.
        public var host: String
        /// The port, also where the options said 0.
        public var port: Int
    }

    private let service: S3Service
    private let store: Store
    private let options: S3ServerOptions
    private let certificate: CertificateFiles?
    private let whenListening: @Sendable (Endpoint) async -> Void

    /// - Parameters:
    ///   - store: open; not locked, if requests are to be answered.
    ///   - options: at least one endpoint.
    ///   - whenListening: called for each endpoint once it accepts connections.
    /// - Throws: ``S3ServerError``.
    public init(
        _ store: Store, _ options: S3ServerOptions,
        whenListening: @escaping @Sendable (Endpoint) async -> Void = { _ in }
    ) throws(S3ServerError) {
        try options.check()
        self.store = store
        self.options = options
        self.whenListening = whenListening
        let settings = S3Settings(region: options.region, domains: options.domains, account: options.account)
        let clock = PosixClock()
        service = S3Service(store, settings, logger: options.logger) { clock.wallMilliseconds() }
        do {
            certificate = try options.https.map { secure in
                try CertificateFiles(
                    certificatePath: secure.certificate, keyPath: secure.privateKey, logger: options.logger)
            }
        } catch let error as S3ServerError {
            throw error
        } catch {
            throw S3ServerError(
                .invalidCertificate, "The certificate or its private key cannot be read: \(error)", underlying: error)
        }
    }

    /// Listens until the service group that it is in shuts down.
    ///
    /// - Throws: ``S3ServerError/Code/cannotListen``.
    public func run() async throws { try await run(try group()) }

    /// Listens until its task is cancelled, and then stops as gracefully as in a service group.
    ///
    /// - Throws: ``S3ServerError/Code/cannotListen``.
    public func runUntilCancelled() async throws {
        let group = try group()
        // Not a child: what runs is to be finished, and not to be cancelled with whoever waits for it.
        let work = Task { try await run(group) }
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private func group() throws -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(services: try endpoints(), logger: options.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(options.limits.shutdownSeconds)
        return ServiceGroup(configuration: configuration)
    }

    private func run(_ group: ServiceGroup) async throws {
        do {
            try await group.run()
        } catch let error as IOError {
            throw S3ServerError(.cannotListen, "The server cannot listen: \(error)", underlying: error)
        }
    }

    // MARK: - Endpoints

    private func endpoints() throws -> [ServiceGroupConfiguration.ServiceConfiguration] {
        var services: [any Service] = []
        if let http = options.http { services.append(application(http, isSecure: false, server: plain())) }
        if let https = options.https, let certificate {
            services.append(application(https.address, isSecure: true, server: try secure(https, certificate)))
            services.append(CertificateWatch(certificate: certificate))
        }
        if options.lifecycle != .never {
            services.append(LifecycleService(store: store, runs: options.lifecycle, logger: options.logger))
        }
        return services.map {
            .init(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .cancelGroup)
        }
    }

    private func application(
        _ address: S3ServerOptions.Address, isSecure: Bool, server: HTTPServerBuilder
    ) -> some Service {
        Application(
            responder: S3Responder(service: service, limits: options.limits, isSecure: isSecure), server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "Strongroom",
                availableConnectionsDelegate: .maximum(options.limits.connectionCount, logger: options.logger)),
            onServerRunning: { [whenListening] channel in
                await whenListening(
                    Endpoint(isSecure: isSecure, host: address.host, port: channel.localAddress?.port ?? address.port))
            },
            logger: options.logger)
    }

    private func plain() -> HTTPServerBuilder {
        .http1(configuration: channelConfiguration())
    }

    private func secure(
        _ https: S3ServerOptions.Secure, _ certificate: CertificateFiles
    ) throws -> HTTPServerBuilder {
        let version: TLSVersion = https.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        let tls = try certificate.configuration(minimumVersion: version)
        let limits = options.limits
        let channels = HTTP2ChannelConfiguration(
            idleTimeout: .seconds(limits.idleSeconds), gracefulCloseTimeout: .seconds(limits.shutdownSeconds),
            streamConfiguration: channelConfiguration())
        return HTTPServerBuilder { responder in
            HandshakeDeadlineChannel(
                base: try HTTP2UpgradeChannel(tlsConfiguration: tls, configuration: channels, responder: responder),
                timeout: .seconds(Int64(limits.idleSeconds)))
        }
    }

    private func channelConfiguration() -> HTTP1Channel.Configuration {
        let limits = options.limits
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ContinueHandler(), StalledClientHandler(timeout: .seconds(Int64(limits.unreadSeconds))),
            ],
            idleTimeout: .seconds(Int64(limits.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                maxHeaderFieldCount: limits.headerCount))
    }
}

/// Looks for a new certificate now and then.
struct CertificateWatch: Service {
    private static let intervalSeconds = 10

    let certificate: CertificateFiles

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(Self.intervalSeconds))
                certificate.reload()
            }
        }
    }
}
#endif
