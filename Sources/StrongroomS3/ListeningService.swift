#if HTTPServer
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization
internal import SystemPackage

/// Whether an endpoint accepts connections yet.
final class ListeningState: Sendable {
    let endpoint: S3Server.Endpoint
    private let begun = Atomic(false)

    init(_ endpoint: S3Server.Endpoint) { self.endpoint = endpoint }

    func begin() { begun.store(true, ordering: .relaxed) }

    var hasBegun: Bool { begun.load(ordering: .relaxed) }
}

/// An endpoint's application. What keeps it from listening is told with the address, of which a server has several.
struct ListeningService<Application: Service>: Service {
    let application: Application
    let state: ListeningState

    func run() async throws {
        do {
            try await application.run()
        } catch  where !state.hasBegun && !(error is CancellationError) {
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> S3ServerError {
        let endpoint = state.endpoint
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        return S3ServerError(
            .cannotListen, "The server cannot listen at \(host):\(endpoint.port): \(Self.reason(error)).",
            underlying: error)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case is SocketAddressError.UnknownHost: return "no address has that name; name one of this machine's"
        case let error as IOError:
            let number = Errno(rawValue: error.errnoCode)
            switch number {
            case .addressInUse: return "\(number); end what listens there, or name another port"
            case .addressNotAvailable: return "\(number); name an address of this machine"
            case .permissionDenied: return "\(number); name a port from 1024 on, or let it take that one"
            default: return "\(number)"
            }
        default: return "\(error)"
        }
    }
}
#endif
