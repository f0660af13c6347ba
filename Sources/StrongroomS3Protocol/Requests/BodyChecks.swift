internal import Strongroom
internal import StrongroomCrypto

/// What a request says that its body must come to.
struct BodyChecks: Sendable {
    /// From the header `Content-MD5`.
    var md5: [UInt8]?
    /// From a header `x-amz-checksum-…`; at most one.
    var checksums: [ObjectChecksum]
    /// The algorithm whose checksum comes behind the body, where one is announced (`x-amz-trailer`).
    var trailer: ObjectChecksum.Algorithm?

    /// Algorithms that S3 has and this server has not.
    private static let unknown: Set<String> = ["SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"]
    static let prefix = "x-amz-checksum-"
    private static let otherHeaders: Set<String> = ["algorithm", "type", "mode"]

    init(_ headers: RequestHeaders) throws(S3Error) {
        md5 = try Self.md5(headers)
        let found = headers.beginning(with: Self.prefix)
            .map { (name: String($0.name.dropFirst(Self.prefix.count)), value: $0.value.trimmingBlanks) }
            .filter { !Self.otherHeaders.contains($0.name) }
        trailer = try Self.trailer(headers)
        guard found.count + (trailer == nil ? 0 : 1) <= 1 else {
            throw .invalidRequest(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        checksums = try found.map { field throws(S3Error) in
            let algorithm = try Self.algorithm(field.name)
            do throws(StoreError) {
                return try ObjectChecksum(algorithm, base64: field.value)
            } catch {
                throw .invalidRequest("Value for \(Self.prefix)\(field.name) header is invalid.")
            }
        }
        // What SDKs name besides is checked, so that a client finds out where its middleware lost the checksum.
        guard let named = try headers.single("x-amz-sdk-checksum-algorithm") else { return }
        guard let sent = checksums.first?.algorithm ?? trailer else {
            throw .invalidRequest(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
                    + "were found.")
        }
        guard try Self.algorithm(named) == sent else {
            throw .invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
        }
    }

    /// Whether anything vouches for the body.
    var isSomething: Bool { md5 != nil || !checksums.isEmpty || trailer != nil }

    /// - Throws: `InvalidRequest` for a name that S3 does not know, `NotImplemented` for one that this server does not.
    static func algorithm(_ name: String) throws(S3Error) -> ObjectChecksum.Algorithm {
        let upper = name.uppercased()
        if unknown.contains(upper) { throw .notImplemented("checksum algorithm \(upper)") }
        do throws(StoreError) {
            return try ObjectChecksum.Algorithm(upper)
        } catch {
            throw .invalidRequest(
                "Checksum algorithm provided is unsupported. Please try again with any of the valid "
                    + "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
        }
    }

    /// What a put of the body has to hold, and to keep.
    func apply(to options: inout PutOptions) {
        options.expectedMD5 = md5
        options.expectedChecksums = checksums
        if let trailer { options.checksums = [trailer] }
        if !checksums.isEmpty { options.checksums = [] }
    }

    /// Holds a body that is in memory against what was announced of it.
    ///
    /// - Throws: `BadDigest`.
    func check(_ bytes: [UInt8]) throws(S3Error) {
        let mismatch: String?
        do throws(SealError) {
            mismatch = try firstMismatch(bytes)
        } catch {
            throw .internalError(error)
        }
        guard let mismatch else { return }
        throw S3Error(400, "BadDigest", "The \(mismatch) you specified did not match what we received.")
    }

    private func firstMismatch(_ bytes: [UInt8]) throws(SealError) -> String? {
        // Safe, here and below: a UInt8 is raw bytes.
        if let md5, try Digest.hash(.md5, unsafe bytes.span.bytes) != md5 { return "Content-MD5" }
        for checksum in checksums {
            guard let algorithm = ChecksumAlgorithm(name: checksum.algorithm.description) else { continue }
            let actual = try ChecksumHasher.checksum(algorithm, unsafe bytes.span.bytes)
            if actual != checksum.digest { return algorithm.name }
        }
        return nil
    }

    /// - Throws: `InvalidRequest` where a part has another checksum than its upload asks for.
    func check(against upload: UploadInfo) throws(S3Error) {
        // CRC-64/NVME is what uploads keep that were begun without a word about checksums.
        guard let sent = checksums.first?.algorithm ?? trailer, let kept = upload.checksums.first,
            !upload.checksums.contains(sent), kept != .crc64NVME
        else { return }
        throw .invalidRequest(
            "Checksum Type mismatch occurred, expected checksum Type: \(kept.description.lowercased()), actual "
                + "checksum Type: \(sent.description.lowercased())")
    }

    private static func md5(_ headers: RequestHeaders) throws(S3Error) -> [UInt8]? {
        guard let text = try headers.single("content-md5") else { return nil }
        guard let bytes = PaddedBase64.decode(text), bytes.count == 16 else {
            throw S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
        }
        return bytes
    }

    private static func trailer(_ headers: RequestHeaders) throws(S3Error) -> ObjectChecksum.Algorithm? {
        guard let name = try headers.single("x-amz-trailer")?.lowercased() else { return nil }
        guard name.hasPrefix(prefix) else {
            throw .invalidRequest("The value specified in the x-amz-trailer header is not supported")
        }
        return try algorithm(String(name.dropFirst(prefix.count)))
    }
}
