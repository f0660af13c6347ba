#if HTTPServer
import Dispatch
import Glibc
import Synchronization

/// A connection on which bytes are sent that no client would send. Its calls block, each on a thread of its own.
final class RawConnection: Sendable {
    private let descriptor: Int32
    private static let queue = DispatchQueue(label: "raw connections", attributes: .concurrent)

    struct Failed: Error { var call: String }

    /// - Parameter readBytes: how much the system may keep of what was not read; nil for what it likes.
    init(port: Int, readBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = readBytes {
            // Safe: the value outlives the call.
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // Safe: the address outlives the call and has the size that is given.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(call: "connect") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Fails where the other side has closed the connection.
    func send(_ bytes: [UInt8]) async throws {
        try await onThread { [descriptor] in
            var rest = bytes[...]
            while !rest.isEmpty {
                // Safe: the bytes outlive the call.
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failed(call: "send") }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// What comes until the text holds `mark`, the other side closes, or the time is over.
    func receive(until mark: String? = nil, seconds: Int = 60) async throws -> (text: String, isClosed: Bool) {
        try await onThread { [descriptor] in
            let end = ContinuousClock.now + .seconds(seconds)
            var bytes: [UInt8] = []
            var room = [UInt8](repeating: 0, count: 65_536)
            while ContinuousClock.now < end {
                var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                // Safe: one entry, which outlives the call.
                guard unsafe Glibc.poll(&poll, 1, 100) > 0 else { continue }
                // Safe: the room outlives the call and is as large as said.
                let count = unsafe room.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
                guard count > 0 else { return (String(decoding: bytes, as: UTF8.self), true) }
                bytes += room[..<count]
                let text = String(decoding: bytes, as: UTF8.self)
                if let mark, text.contains(mark) { return (text, false) }
            }
            return (String(decoding: bytes, as: UTF8.self), false)
        }
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Self.queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
#endif
