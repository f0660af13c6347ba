#if CommandLineTool && HTTPServer
internal import ArgumentParser
internal import CoreMetrics
internal import Logging
internal import Strongroom
internal import StrongroomS3

struct ServeCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the store to S3 clients.",
        discussion: """
            Prints where it listens, and to standard error a line for each request. SIGTERM and Ctrl-C stop it: what \
            runs is finished first. Users are made with: strongroom user create.

            What is no option here may be said by the environment (STRONGROOM_SERVE_PRIVATE_KEY for --private-key) or, \
            behind that, by a JSON file ("privateKey").
            """)

    @Option(
        help: ArgumentHelp(
            "A JSON file of settings, each by its option's name; by default what STRONGROOM_SERVE_CONFIG names.",
            valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Listen here without TLS.", valueName: "address:port"))
    var http: EndpointArgument?
    @Option(help: ArgumentHelp("Listen here with TLS.", valueName: "address:port"))
    var https: EndpointArgument?
    @Option(help: "With --https: the certificate and its chain, in PEM. Read again when it changes.")
    var certificate: String?
    @Option(help: "With --https: the certificate's private key, in PEM.")
    var privateKey: String?
    @Option(help: "With --https: the oldest version of TLS that is spoken, 1.2 (as by default) or 1.3.")
    var minimumTlsVersion: TLSVersionArgument?
    @Option(
        help: ArgumentHelp(
            "Listen here for who runs the server: /-/healthy, /-/ready and /metrics.", valueName: "address:port"))
    var operations: EndpointArgument?
    @Option(
        help: """
            The region that clients sign for; by default us-east-1. Where there are keys for aws:kms, it is that of their \
            keyring (init --region).
            """)
    var region: String?
    @Option(
        help: """
            The account of all users, twelve digits; by default zeros. Where there are keys for aws:kms, it is that of \
            their keyring (init --account): users of another account may use none of them.
            """)
    var account: String?
    @Option(
        help: ArgumentHelp(
            "A name of this server whose subdomains are buckets; may be repeated.", valueName: "name"))
    var domain: [String] = []
    @Option(
        help: "Connections at a time, of each endpoint; by default as many as this process may have, up to 16,000.")
    var connections: Int?
    @Option(
        help: ArgumentHelp(
            "Requests a second of each access key, and after the slash how many at once; those beyond get 503 SlowDown.",
            valueName: "rate[/burst]"))
    var rate: RateArgument?
    @Option(
        help: ArgumentHelp(
            "The same of each address, for requests that nobody has signed, or not rightly.",
            valueName: "rate[/burst]"))
    var anonymousRate: RateArgument?
    @Option(
        help: ArgumentHelp(
            "When lifecycle rules are run: daily (after midnight of UTC, and at the start; by default), never, or every so "
                + "many seconds.", valueName: "daily|never|seconds"))
    var lifecycle: LifecycleRunsArgument?
    @Option(help: "What is told on standard error: info (each request; by default), warning or error.")
    var logLevel: LogLevelArgument?
    @Option(
        help: """
            Whether commands that find the store open here are run here: on (as by default) or off. They come by \
            control.sock in the store's directory, from the same user's processes.
            """)
    var controlSocket: ControlSocketArgument?
    @OptionGroup var location: StoreLocation

    static var runsBesideOthers: Bool { false }

    /// The figures of the process, where somebody can ask for them.
    private static let metrics = PrometheusMetrics()

    mutating func run() async throws {
        try await settle(try await ServeConfiguration(file: config))
        // The store takes the process's figures when it is opened.
        if operations != nil { MetricsSystem.bootstrap(Self.metrics) }
        try await runOnStore()
    }

    /// Has every option that was not given say what the environment and the file say.
    private mutating func settle(_ said: ServeConfiguration) async throws {
        try await location.settle(said)
        http = try await said.value(.http, option: http)
        https = try await said.value(.https, option: https)
        certificate = try await said.value(.certificate, option: certificate)
        privateKey = try await said.value(.privateKey, option: privateKey)
        minimumTlsVersion = try await said.value(.minimumTlsVersion, option: minimumTlsVersion)
        operations = try await said.value(.operations, option: operations)
        region = try await said.value(.region, option: region)
        account = try await said.value(.account, option: account)
        domain = try await said.values(.domain, options: domain)
        connections = try await said.number(.connections, option: connections)
        rate = try await said.value(.rate, option: rate)
        anonymousRate = try await said.value(.anonymousRate, option: anonymousRate)
        lifecycle = try await said.value(.lifecycle, option: lifecycle)
        logLevel = try await said.value(.logLevel, option: logLevel)
        controlSocket = try await said.value(.controlSocket, option: controlSocket)
        try StandardInput.check([
            (key: "--config", value: config), (key: "--passphrase-file", value: location.keys.passphraseFile),
        ])
        if let account { try AccountArgument.check(account) }
        if let region { try RegionName.check(region) }
        if let connections, connections < 1 {
            throw ValidationError("--connections is at least 1, and not \(connections).")
        }
        guard http != nil || https != nil else {
            throw ValidationError("Name an endpoint with --http, --https or both.")
        }
        guard (https != nil) == (certificate != nil), (https != nil) == (privateKey != nil) else {
            throw ValidationError("--https, --certificate and --private-key go together.")
        }
    }

    func run(on store: Store, _ console: Console) async throws {
        let budget = try ConnectionBudget(
            wanted: connections, endpointCount: [http, https].compactMap(\.self).count,
            descriptorLimit: ConnectionBudget.raisedDescriptorLimit())
        var options = options
        options.service.limits.connectionCount = budget.connectionCount
        let server: S3Server
        do throws(S3ServerError) {
            server = try S3Server(store, options) { endpoint in
                let record = EndpointRecord(endpoint)
                let purpose = endpoint.purpose == .operations ? "operations " : ""
                console.emit(record, text: "\(purpose)listening on \(record.url)")
            }
        } catch {
            throw CommandFailure(error)
        }
        let control =
            controlSocket == .off
            ? nil : try await ControlServer(store, at: location.path(), logger: options.service.logger)
        do {
            try await server.runUntilCancelled()
        } catch {
            await control?.stop()
            throw (error as? S3ServerError).map(CommandFailure.init) ?? error
        }
        await control?.stop()
    }

    private var options: S3ServerOptions {
        var options = S3ServerOptions()
        options.http = http?.address
        if let https, let certificate, let privateKey {
            var secure = S3ServerOptions.Secure(
                address: https.address, certificate: certificate, privateKey: privateKey)
            secure.minimumVersion = minimumTlsVersion == .tls13 ? .tls13 : .tls12
            options.https = secure
        }
        options.operations = operations.map { .init(address: $0.address) { Self.metrics.text() } }
        if let region { options.service.region = region }
        if let account { options.service.account = account }
        options.service.domains = domain
        if let lifecycle { options.lifecycle = lifecycle.runs }
        options.service.limits.accessKeyRate = rate?.rate
        options.service.limits.addressRate = anonymousRate?.rate
        options.service.logger = Logger(label: "strongroom") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = (logLevel ?? .info).level
            return handler
        }
        return options
    }
}

/// Where a server listens, as it is printed.
struct EndpointRecord: Encodable {
    var purpose: String
    var url: String

    init(_ endpoint: S3Server.Endpoint) {
        // An IPv6 address stands in brackets.
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        purpose = endpoint.purpose == .operations ? "operations" : "s3"
        url = "\(endpoint.isSecure ? "https" : "http")://\(host):\(endpoint.port)"
    }
}

extension StoreLocation {
    /// The same for what the store is opened with.
    fileprivate mutating func settle(_ said: ServeConfiguration) async throws {
        store = try await said.value(.store, option: store)
        keys.keyring = try await said.value(.keyring, option: keys.keyring)
        keys.anchor = try await said.value(.anchor, option: keys.anchor)
        keys.anchorCounter = try await said.value(.anchorCounter, option: keys.anchorCounter)
        if keys.rootKeyFile == nil, keys.passphraseFile == nil {
            let opener = try await said.alternatives([.rootKeyFile, .passphraseFile])
            (keys.rootKeyFile, keys.passphraseFile) = (opener[.rootKeyFile], opener[.passphraseFile])
        }
        keys.module = try await said.value(.module, option: keys.module)
        keys.keyService = try await said.value(.keyService, option: keys.keyService)
        keys.keyServiceSetting = try await said.values(.keyServiceSetting, options: keys.keyServiceSetting)
        try keys.validate()
    }
}

extension CommandFailure {
    fileprivate init(_ error: S3ServerError) {
        self.init(.init(rawValue: error.code.description), error.message)
    }
}
#endif
