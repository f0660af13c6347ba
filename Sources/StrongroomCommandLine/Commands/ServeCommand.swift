#if CommandLineTool && HTTPServer
internal import ArgumentParser
internal import Logging
internal import Strongroom
internal import StrongroomS3

struct ServeCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the store to S3 clients.",
        discussion: """
            Prints where it listens, and to standard error a line for each request. SIGTERM and Ctrl-C stop it: what \
            runs is finished first. Users are made with: strongroom user create.
            """)

    @Option(help: ArgumentHelp("Listen here without TLS.", valueName: "address:port"))
    var http: EndpointArgument?
    @Option(help: ArgumentHelp("Listen here with TLS.", valueName: "address:port"))
    var https: EndpointArgument?
    @Option(help: "With --https: the certificate and its chain, in PEM. Read again when it changes.")
    var certificate: String?
    @Option(help: "With --https: the certificate's private key, in PEM.")
    var privateKey: String?
    @Option(help: "With --https: the oldest version of TLS that is spoken, 1.2 or 1.3.")
    var minimumTlsVersion = TLSVersionArgument.tls12
    @Option(help: "The region that clients sign for.")
    var region = "us-east-1"
    @Option(help: "The account of all users, twelve digits.")
    var account = "000000000000"
    @Option(
        help: ArgumentHelp(
            "A name of this server whose subdomains are buckets; may be repeated.", valueName: "name"))
    var domain: [String] = []
    @Option(
        help: "Connections at a time, of each endpoint; by default as many as this process may have, up to 16,000.")
    var connections: Int?
    @Option(
        help: ArgumentHelp(
            "When lifecycle rules are run: daily (after midnight of UTC, and at the start), never, or every so many "
                + "seconds.", valueName: "daily|never|seconds"))
    var lifecycle = LifecycleRunsArgument(runs: .daily)
    @Option(help: "What is told on standard error: info (each request), warning or error.")
    var logLevel = LogLevelArgument.info
    @OptionGroup var location: StoreLocation

    func validate() throws {
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
        options.limits.connectionCount = budget.connectionCount
        let server: S3Server
        do throws(S3ServerError) {
            server = try S3Server(store, options) { endpoint in
                let record = EndpointRecord(endpoint)
                console.emit(record, text: "listening on \(record.url)")
            }
        } catch {
            throw CommandFailure(error)
        }
        do {
            try await server.runUntilCancelled()
        } catch let error as S3ServerError {
            throw CommandFailure(error)
        }
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
        (options.region, options.account, options.domains) = (region, account, domain)
        options.lifecycle = lifecycle.runs
        options.logger = Logger(label: "strongroom") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = logLevel.level
            return handler
        }
        return options
    }
}

/// Where a server listens, as it is printed.
struct EndpointRecord: Encodable {
    var url: String

    init(_ endpoint: S3Server.Endpoint) {
        // An IPv6 address stands in brackets.
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        url = "\(endpoint.isSecure ? "https" : "http")://\(host):\(endpoint.port)"
    }
}

/// `ADDRESS:PORT`, an IPv6 address in brackets.
struct EndpointArgument: ExpressibleByArgument {
    var address: S3ServerOptions.Address

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        address = S3ServerOptions.Address(host: String(host), port: port)
    }
}

/// `daily`, `never`, or a number of seconds.
struct LifecycleRunsArgument: ExpressibleByArgument {
    var runs: LifecycleRuns

    init(runs: LifecycleRuns) { self.runs = runs }

    init?(argument: String) {
        switch argument {
        case "daily": runs = .daily
        case "never": runs = .never
        default:
            guard let seconds = Int(argument) else { return nil }
            runs = .every(seconds: seconds)
        }
    }

    var defaultValueDescription: String { "daily" }
}

enum TLSVersionArgument: String, ExpressibleByArgument, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
}

enum LogLevelArgument: String, ExpressibleByArgument, CaseIterable {
    case info, warning, error

    var level: Logger.Level {
        switch self {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

extension CommandFailure {
    fileprivate init(_ error: S3ServerError) {
        self.init(.init(rawValue: error.code.description), error.message)
    }
}
#endif
