#if RemoteKMS
import Glibc
import SystemPackage
import Testing

/// A port of this machine where nobody listens, and nobody else can as long as this lives.
struct ClosedPort: ~Copyable {
    let port: UInt16
    private let socket: FileDescriptor

    init() throws {
        socket = FileDescriptor(rawValue: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try #require(socket.rawValue >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safe: the kernel reads and writes the structure within its size, during the calls.
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { [socket] address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(socket.rawValue, address, size) == 0 && getsockname(socket.rawValue, address, &size) == 0
            }
        }
        try #require(isBound)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { Glibc.close(socket.rawValue) }
}
#endif
