#if CommandLineTool
internal import StrongroomCrypto
internal import SystemPackage

extension Console {
    /// Stands in a line for a secret of base64 digits, which is put there in locked memory alone. No name and no id of
    /// the store's has such characters.
    static let secretPlace = "????"

    /// As `emit`, with a secret in the place of ``secretPlace`` of record and text.
    func emit(_ record: some Encodable, secret: SharedSecret, text: @autoclosure () -> String) throws {
        let line = json ? JSONLines.encode(record) : Array((text() + "\n").utf8)
        guard let place = line.firstRange(of: Self.secretPlace.utf8) else {
            preconditionFailure("the line has no place for the secret")
        }
        let size = line.count - place.count + secret.bytes.count
        let whole = try secret.bytes.withBytes { (digits) throws(CommandFailure) -> SecretBytes in
            try SecretBytes(count: size) { (room: inout MutableRawSpan) throws(CommandFailure) in
                // Safe: a UInt8 is raw bytes.
                room.overwrite(with: unsafe line.span.bytes.extracting(first: place.lowerBound))
                room.overwrite(with: digits, at: place.lowerBound)
                room.overwrite(
                    with: unsafe line.span.bytes.extracting(place.upperBound..<line.count),
                    at: place.lowerBound + digits.byteCount)
            }
        }
        try whole.withBytes { (bytes) throws(CommandFailure) in write(bytes) }
    }
}
#endif
