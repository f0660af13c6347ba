internal import StrongroomKeys

/// Names a multipart upload.
public struct UploadID: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads what ``description`` wrote.
    ///
    /// - Throws: ``StoreError/Code/noSuchUpload`` for what is no upload's name.
    public init(_ text: String) throws(StoreError) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == ObjectRow.uidBytes, Hexadecimal.encode(bytes) == text
        else {
            throw StoreError(
                .noSuchUpload, "\(text.prefix(80).debugDescription) names no upload; 32 hexadecimal digits do.")
        }
        self.bytes = bytes
    }

    /// 32 lowercase hexadecimal digits.
    public var description: String { Hexadecimal.encode(bytes) }
}
