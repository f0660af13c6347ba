internal import Strongroom

/// Which checksum an upload in parts keeps: the headers `x-amz-checksum-algorithm` and `x-amz-checksum-type`.
struct UploadChecksumHeaders: Sendable {
    var algorithm: ObjectChecksum.Algorithm
    /// Whether the object's is made of those of its parts.
    var isComposite: Bool

    /// Without an algorithm it is CRC-64/NVME of all the bytes, as on AWS.
    init(_ headers: RequestHeaders) throws(S3Error) {
        let type = try headers.single("x-amz-checksum-type")
        guard let name = try headers.single("x-amz-checksum-algorithm") else {
            guard type == nil || type == "FULL_OBJECT" else {
                throw .invalidRequest(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
            }
            (algorithm, isComposite) = (.crc64NVME, false)
            return
        }
        algorithm = try BodyChecks.algorithm(name)
        let isHash = algorithm == .sha1 || algorithm == .sha256
        switch type {
        case nil: isComposite = algorithm != .crc64NVME
        case "COMPOSITE":
            guard algorithm != .crc64NVME else { throw Self.unfit(name, "COMPOSITE") }
            isComposite = true
        case "FULL_OBJECT":
            guard !isHash else { throw Self.unfit(name, "FULL_OBJECT") }
            isComposite = false
        case let other?:
            throw .invalidRequest("Value for x-amz-checksum-type header is invalid: \(other.prefix(64))")
        }
    }

    private static func unfit(_ algorithm: String, _ type: String) -> S3Error {
        .invalidRequest(
            "The \(type) checksum type cannot be used with the \(algorithm.lowercased()) checksum algorithm.")
    }
}
