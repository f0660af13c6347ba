#if HTTPServer
public import Hummingbird

/// Serves S3 beside an application's own routes: as what answers everything that no route does, or as what answers all
/// requests to certain hosts.
///
/// ```swift
/// let router = Router(context: BasicS3RequestContext.self)
/// router.get("/_app/hello") { _, _ in "hello" }  // no bucket has such a name
/// router.add(middleware: S3Middleware(try S3Responder(store)))  // last
/// let app = Application(router: router, server: .s3())
/// ```
///
/// Middleware that stands before it must leave alone what is signed: method, path, query, headers and body.
public struct S3Middleware<Context: S3RequestContext>: RouterMiddleware {
    private let responder: S3Responder<Context>
    private let hosts: [String]?

    /// Answers all requests that come to it. Added behind the application's routes, it gets those that have no route.
    public init(_ responder: S3Responder<Context>) {
        self.responder = responder
        hosts = nil
    }

    /// Answers the requests to certain hosts, and hands all others on. Added before the application's routes, it keeps
    /// them from those hosts.
    ///
    /// - Parameter hosts: names without a port, such as `s3.example.com`; their subdomains are meant, too.
    public init(_ responder: S3Responder<Context>, hosts: [String]) {
        self.responder = responder
        self.hosts = hosts.map { $0.lowercased() }
    }

    /// The answer of S3, or that of `next`.
    public func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard isForStore(request) else { return try await next(request, context) }
        return try await responder.respond(to: request, context: context)
    }

    private func isForStore(_ request: Request) -> Bool {
        guard let hosts else { return true }
        let authority = request.head.authority ?? ""
        // An IPv6 address in brackets has colons of its own; it is the name of no host here.
        let name = authority.prefix { $0 != ":" }.lowercased()
        return hosts.contains { name == $0 || name.hasSuffix("." + $0) }
    }
}
#endif
