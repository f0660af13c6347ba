#if RemoteKMS
internal import NIOHTTP1
internal import StrongroomCrypto

/// What is sent: always a POST of `/`.
struct ServiceRequest: Sendable {
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// Whether the answer holds a key: it is then kept in locked memory alone.
    var isSecret: Bool
    /// Whether doing it twice does no harm. If it does, it is sent on a new connection: one that has been idle may be
    /// closing at the other end, and then nobody could say whether the request arrived.
    var isRepeatable: Bool
    /// The longest answer that is read.
    var answerSizeBytesMax: Int
}

/// What came back.
struct ServiceResponse: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: Body

    enum Body: Sendable {
        case plain([UInt8])
        case secret(SharedSecret)
    }
}
#endif
