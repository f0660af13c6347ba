#if HTTPServer
internal import Hummingbird
internal import Logging
internal import NIOCore

/// What Hummingbird hands to the responder with each request: its connection.
struct S3RequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
#endif
