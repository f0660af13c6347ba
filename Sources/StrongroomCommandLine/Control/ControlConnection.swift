#if CommandLineTool
internal import CStrongroomShims
internal import Glibc
internal import StrongroomSystem
internal import SystemPackage

/// One end of a control socket's connection; closed with its last reference.
final class ControlConnection: Sendable {
    let descriptor: Int32

    /// - Parameter descriptor: belongs to the connection from here on.
    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Connects to whoever has a store open. Blocking, if only for a moment.
    ///
    /// - Returns: nil where nobody listens.
    convenience init?(to store: FilePath) throws(CommandFailure) {
        // Safe, here and below: the name outlives the call, and ends.
        let result = try Self.with(store) { unsafe strongroom_control_connect($0, ControlMessage.socketName) }
        if result == -ENOENT || result == -ECONNREFUSED { return nil }
        guard result >= 0 else {
            throw .system("cannot connect to", store.appending(ControlMessage.socketName), Errno(rawValue: -result))
        }
        self.init(descriptor: result)
    }

    deinit { close(descriptor) }

    /// Listens for commands beside an open store, whose lock says that nobody else does.
    static func listen(at store: FilePath) throws(CommandFailure) -> ControlConnection {
        let result = try with(store) { unsafe strongroom_control_listen($0, ControlMessage.socketName) }
        guard result >= 0 else {
            throw .system("cannot listen at", store.appending(ControlMessage.socketName), Errno(rawValue: -result))
        }
        return ControlConnection(descriptor: result)
    }

    private static func with(_ store: FilePath, _ body: (Int32) -> Int32) throws(CommandFailure) -> Int32 {
        do {
            let directory = try FileDescriptor.open(store, .readOnly, options: [.closeOnExec, .directory])
            defer { try? directory.close() }
            return body(directory.rawValue)
        } catch {
            throw .system("cannot open the directory", store, error as? Errno ?? .ioError)
        }
    }

    /// Who is at the other end; nil where the system does not say.
    var peer: (user: UInt32, process: Int32)? {
        var user: UInt32 = 0
        var process: Int32 = 0
        // Safe: both outlive the call.
        return unsafe strongroom_control_peer(descriptor, &user, &process) == 0 ? (user, process) : nil
    }

    /// - Returns: 0, or an error's number.
    func send(_ bytes: [UInt8], _ descriptors: [FileDescriptor] = []) -> Int32 {
        let numbers = descriptors.map(\.rawValue)
        // Safe: both arrays are read during the call only.
        return unsafe -strongroom_control_send(descriptor, bytes, bytes.count, numbers, numbers.count)
    }

    enum Received {
        case message([UInt8], [FileDescriptor])
        /// The other end has closed its own, or sends what has no place here.
        case end
    }

    /// Waits until there is something to receive, a message or the end.
    ///
    /// - Returns: false where nothing has come in that time.
    func isReady(withinSeconds seconds: Int) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            let rest = max(ContinuousClock.now.duration(to: end), .zero).components
            // Rounded up, so that it is not asked again and again in the last millisecond.
            let milliseconds = rest.seconds * 1_000 + rest.attoseconds / 1_000_000_000_000_000 + 1
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // Safe: written to during the call only.
            let count = unsafe poll(&wanted, 1, Int32(clamping: milliseconds))
            if count > 0 { return true }
            guard count < 0, errno == EINTR else { return false }
        }
    }

    /// Waits for the next message, and the descriptors with it, which are the caller's to close.
    func receive() -> Received {
        var bytes = [UInt8](repeating: 0, count: ControlMessage.sizeBytesMax)
        var numbers = [Int32](repeating: -1, count: 3)
        var count = 0
        // Safe: each is written to during the call only, within the sizes that are said.
        let length = unsafe strongroom_control_receive(
            descriptor, &bytes, bytes.count, &numbers, numbers.count, &count)
        switch length {
        case 1...:
            return .message(
                Array(bytes.prefix(Int(length))), numbers.prefix(count).map { FileDescriptor(rawValue: $0) })
        default: return .end
        }
    }

    /// Tells the other end that nothing more comes.
    func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends what waits for messages here, or for connections.
    func finishReceiving() { _ = shutdown(descriptor, Int32(SHUT_RD)) }
}
#endif
