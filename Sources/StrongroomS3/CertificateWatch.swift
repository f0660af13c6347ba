#if HTTPServer
internal import ServiceLifecycle

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
