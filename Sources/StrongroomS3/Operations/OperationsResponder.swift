#if HTTPServer
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Strongroom

/// Answers those who run a server: whether it lives, whether it can serve, and its figures.
struct OperationsResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let store: Store
    let drain: DrainState
    let metrics: (@Sendable () async -> String)?

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            var refusal = answer(.methodNotAllowed, "only GET and HEAD", request)
            refusal.headers[.allow] = "GET, HEAD"
            return refusal
        }
        switch request.uri.path {
        case "/-/healthy": return answer(.ok, "alive", request)
        case "/-/ready":
            let obstacle = obstacle
            return answer(obstacle == nil ? .ok : .serviceUnavailable, obstacle ?? "ready", request)
        case "/metrics":
            guard let metrics else { break }
            return answer(.ok, await metrics(), request, contentType: PrometheusMetrics.contentType)
        default: break
        }
        let figures =
            metrics == nil ? "there are /-/healthy and /-/ready" : "there are /-/healthy, /-/ready and /metrics"
        return answer(.notFound, figures, request)
    }

    /// Why requests cannot be answered now; nil if they can.
    var obstacle: String? {
        if drain.isBegun { return "stopping" }
        do throws(StoreError) {
            try store.checkReadiness()
            return nil
        } catch {
            return "\(error.code.rawValue): \(error.message)"
        }
    }

    private func answer(
        _ status: HTTPResponse.Status, _ text: String, _ request: Request,
        contentType: String = "text/plain; charset=utf-8"
    ) -> Response {
        let bytes = ByteBuffer(string: text.hasSuffix("\n") ? text : text + "\n")
        return Response(
            status: status,
            headers: [
                .contentType: contentType, .contentLength: String(bytes.readableBytes), .cacheControl: "no-store",
            ],
            body: request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: bytes))
    }
}
#endif
