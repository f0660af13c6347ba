#if HTTPServer
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// Which version of TLS each open connection speaks. It never changes, and to ask the connection takes a turn of its
/// event loop, which is long beside what a small request takes.
final class TLSVersions: Sendable {
    private let known = Mutex<[ObjectIdentifier: Version]>([:])

    fileprivate enum Version: Sendable { case plain, secure(String) }

    /// Such as `1.3`; nil where the connection is not TLS.
    func version(of connection: any Channel) async -> String? {
        let name = ObjectIdentifier(connection)
        if let version = known.withLock({ $0[name] }) { return version.text }
        let version = await Self.ask(connection)
        known.withLock { $0[name] = version }
        // Only now, and while this call keeps the connection: no other can have its name before the entry is gone.
        connection.closeFuture.whenComplete { [self] _ in known.withLock { _ = $0.removeValue(forKey: name) } }
        return version.text
    }

    private static func ask(_ connection: any Channel) async -> Version {
        let version: TLSVersion?
        do {
            version = try await connection.nioSSL_tlsVersion().get()
        } catch {
            return .plain
        }
        switch version {
        case .tlsv13: return .secure("1.3")
        case .tlsv12: return .secure("1.2")
        case .tlsv11: return .secure("1.1")
        default: return .secure("1.0")
        }
    }
}

extension TLSVersions.Version {
    fileprivate var text: String? { if case .secure(let text) = self { text } else { nil } }
}
#endif
