#if HTTPServer
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
public import ServiceLifecycle
public import Strongroom
internal import StrongroomS3Protocol
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
        /// Whom an endpoint answers.
        public enum Purpose: Sendable, Hashable {
            /// Clients of S3.
            case s3
            /// Those who run the server.
            case operations
        }

        /// Whom it answers.
        public var purpose: Purpose
        /// Whether it speaks TLS.
        public var isSecure: Bool
        /// The host of the options.
        public var host: String
        /// The port, also where the options said 0.
        public var port: Int
    }

    /// Connections of the operations endpoint, at a time: monitoring has few, and those who serve clients of S3 count
    /// on descriptors for no more.
    static let operationsConnectionCount = 64

    private let store: Store
    private let service: S3Service
    private let drain = DrainState()
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
        service = S3Service(store, options.service)
        certificate = try options.https.map { secure throws(S3ServerError) in
            try CertificateFiles(
                certificatePath: secure.certificate, keyPath: secure.privateKey, logger: options.service.logger)
        }
    }

    /// Listens until the service group that it is in shuts down.
    ///
    /// - Throws: ``S3ServerError/Code/cannotListen``.
    public func run() async throws { try await group().run() }

    /// Listens until its task is cancelled, and then stops as gracefully as in a service group.
    ///
    /// - Throws: ``S3ServerError/Code/cannotListen``.
    public func runUntilCancelled() async throws {
        let group = try group()
        // Not a child: what runs is to be finished, and not to be cancelled with whoever waits for it.
        let work = Task { try await group.run() }
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
    }

    private func group() throws -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(services: try endpoints(), logger: options.service.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(options.service.limits.shutdownSeconds)
        return ServiceGroup(configuration: configuration)
    }

    // MARK: - Endpoints

    /// In this order they begin; they end in the other.
    private func endpoints() throws -> [ServiceGroupConfiguration.ServiceConfiguration] {
        var services: [any Service] = []
        if let operations = options.operations { services.append(application(operations)) }
        if let http = options.http { services.append(application(http, isSecure: false, server: plain())) }
        if let https = options.https, let certificate {
            services.append(application(https.address, isSecure: true, server: try secure(https, certificate)))
            services.append(CertificateWatch(certificate: certificate))
        }
        if options.lifecycle != .never {
            services.append(try LifecycleService(store, options.lifecycle, logger: options.service.logger))
        }
        services.append(DrainWatch(drain: drain))
        return services.map {
            .init(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .cancelGroup)
        }
    }

    private func application(
        _ address: S3ServerOptions.Address, isSecure: Bool, server: HTTPServerBuilder
    ) -> some Service {
        application(
            S3Responder<BasicS3RequestContext>(
                service: service, limits: options.service.limits, isSecure: isSecure),
            Endpoint(purpose: .s3, isSecure: isSecure, host: address.host, port: address.port), server,
            connectionCount: options.service.limits.connectionCount)
    }

    private func application(_ operations: S3ServerOptions.Operations) -> some Service {
        application(
            OperationsResponder(store: store, drain: drain, metrics: operations.metrics),
            Endpoint(
                purpose: .operations, isSecure: false, host: operations.address.host, port: operations.address.port),
            .s3(options.service.limits), connectionCount: Self.operationsConnectionCount)
    }

    private func application<Responder: HTTPResponder>(
        _ responder: Responder, _ endpoint: Endpoint, _ server: HTTPServerBuilder, connectionCount: Int
    ) -> some Service where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        let listening = ListeningState(endpoint)
        let application = Application(
            responder: responder, server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(endpoint.host, port: endpoint.port), serverName: "Strongroom",
                availableConnectionsDelegate: .maximum(connectionCount, logger: options.service.logger)),
            onServerRunning: { [whenListening] channel in
                listening.begin()
                var endpoint = endpoint
                endpoint.port = channel.localAddress?.port ?? endpoint.port
                await whenListening(endpoint)
            },
            logger: options.service.logger)
        return ListeningService(application: application, state: listening)
    }

    private func plain() -> HTTPServerBuilder {
        .s3(options.service.limits, counting: service.metrics.connections("http"))
    }

    private func secure(
        _ https: S3ServerOptions.Secure, _ certificate: CertificateFiles
    ) throws -> HTTPServerBuilder {
        let version: TLSVersion = https.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        return .s3(
            options.service.limits, tls: try certificate.configuration(minimumVersion: version),
            counting: service.metrics.connections("https"))
    }
}
#endif
