#if RemoteKMS
internal import NIOCore
internal import StrongroomKeys

/// Where the service is: `https://host`, with a port where it is not 443.
struct ServiceEndpoint: Sendable, Hashable {
    let host: String
    let port: Int
    let isPlain: Bool
    /// Whether the host is an IP address.
    let isAddress: Bool

    /// - Parameter allowsPlain: accept `http://` for an address of this machine itself.
    init(_ text: String, allowsPlain: Bool) throws(KeyBackendError) {
        let rest: Substring
        if text.hasPrefix("https://") {
            (isPlain, rest) = (false, text.dropFirst(8))
        } else if text.hasPrefix("http://") {
            (isPlain, rest) = (true, text.dropFirst(7))
        } else {
            throw Self.malformed(text, "it starts with neither https:// nor http://")
        }
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        let (host, port) = try Self.parse(authority, text)
        self.host = host
        self.port = port ?? (isPlain ? 80 : 443)
        let address = try? SocketAddress(ipAddress: host, port: self.port)
        isAddress = address != nil
        if isPlain { try Self.checkPlain(address, allowsPlain, text) }
    }

    /// What the header `Host` says, which is signed.
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isPlain ? 80 : 443) ? name : "\(name):\(port)"
    }

    /// As it was meant.
    var url: String { "\(isPlain ? "http" : "https")://\(hostHeader)" }

    private static func parse(
        _ authority: Substring, _ text: String
    ) throws(KeyBackendError) -> (host: String, port: Int?) {
        var (host, port) = (authority, Substring?.none)
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw malformed(text, "a bracket is missing") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw malformed(text, "a port starts with a colon") }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = authority.lastIndex(of: ":") {
            (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
            guard !host.contains(":") else { throw malformed(text, "an address with colons stands in brackets") }
        }
        let isName = host.utf8.allSatisfy { byte in
            Unicode.Scalar(byte).properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
                || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":")].contains(byte)
        }
        guard !host.isEmpty, isName, host.utf8.count <= 253 else {
            throw malformed(text, "its host is no name and no address; path, query and user are not allowed")
        }
        guard let port else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw malformed(text, "its port is no number from 1 to 65535")
        }
        return (String(host), Int(number))
    }

    private static func checkPlain(
        _ address: SocketAddress?, _ allowsPlain: Bool, _ text: String
    ) throws(KeyBackendError) {
        let host = address?.ipAddress
        guard allowsPlain, host?.hasPrefix("127.") == true || host == "::1" else {
            throw KeyBackendError(
                .invalidRequest,
                "The endpoint '\(text)' is not encrypted; take https://. Only an address of this machine (127.0.0.1, "
                    + "::1) may be asked in the clear, with allow-plain-http = true, and only for tests.")
        }
    }

    private static func malformed(_ text: String, _ what: String) -> KeyBackendError {
        KeyBackendError(
            .invalidRequest,
            "The endpoint '\(text.prefix(300))' is not of the form https://host or https://host:port: \(what).")
    }
}
#endif
