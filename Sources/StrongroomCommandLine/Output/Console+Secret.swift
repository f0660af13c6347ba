#if CommandLineTool
internal import Glibc
internal import StrongroomCrypto
internal import SystemPackage

extension Console {
    /// Stands in a line for a secret of base64 or base32 digits, which is put there in locked memory alone. No name and
    /// no id of the store's has such characters.
    static let secretPlace = "????"

    /// As `emit`, with a secret in each place of ``secretPlace`` in record and text.
    ///
    /// - Parameter lost: what was made all the same where the secret cannot be printed, and what to do about it.
    func emit(
        _ record: some Encodable, secret: SharedSecret, text: @autoclosure () -> String, lost: String
    ) throws {
        // A reader that is gone must not end the process before it is said what that one has missed.
        signal(SIGPIPE, SIG_IGN)
        let line = json ? JSONLines.encode(record) : Array((text() + "\n").utf8)
        let places = line.ranges(of: Array(Self.secretPlace.utf8))
        guard !places.isEmpty else { preconditionFailure("the line has no place for the secret") }
        let size = line.count + places.count * (secret.bytes.count - Self.secretPlace.utf8.count)
        let whole = try secret.bytes.withBytes { (digits) throws(CommandFailure) -> SecretBytes in
            try SecretBytes(count: size) { (room: inout MutableRawSpan) throws(CommandFailure) in
                var (read, written) = (0, 0)
                for place in places + [line.count..<line.count] {
                    // Safe: a UInt8 is raw bytes.
                    room.overwrite(with: unsafe line.span.bytes.extracting(read..<place.lowerBound), at: written)
                    written += place.lowerBound - read
                    read = place.upperBound
                    guard !place.isEmpty else { continue }
                    room.overwrite(with: digits, at: written)
                    written += digits.byteCount
                }
            }
        }
        try whole.withBytes { (bytes) throws(CommandFailure) in write(bytes, lost: lost) }
    }
}
#endif
