internal import StrongroomCrypto

/// What a body came to, once it is read.
struct BodyDigests: Sendable {
    var checksums: [ObjectChecksum] = []
    var md5: [UInt8]?
}

/// The checksums of a body, taken as it is read.
struct BodyHasher: ~Copyable {
    private var set: ChecksumSet
    private let expected: [ObjectChecksum]
    private let expectedMD5: [UInt8]?

    init(_ options: PutOptions) throws(StoreError) {
        set = try Self.makeSet(options)
        expected = options.expectedChecksums
        expectedMD5 = options.expectedMD5
    }

    private static func makeSet(_ options: PutOptions) throws(StoreError) -> ChecksumSet {
        let expected = options.expectedChecksums
        if let composite = expected.first(where: { $0.compositePartCount != nil }) {
            throw StoreError(
                .invalidArgument,
                "A \(composite.algorithm) that is made of the checksums of parts says nothing of bytes; leave it out.")
        }
        let algorithms = [options.checksums.map(\.algorithm), expected.map(\.algorithm.algorithm)].joined()
        do throws(SealError) {
            return try ChecksumSet(algorithms, md5: options.etag == .md5 || options.expectedMD5 != nil)
        } catch {
            throw StoreError(error)
        }
    }

    mutating func update(_ slice: ArraySlice<UInt8>) {
        // Safe: a UInt8 is raw bytes.
        set.update(unsafe slice.span.bytes)
    }

    /// - Throws: `badDigest` where the bytes are not those that the caller announced.
    mutating func finish() throws(StoreError) -> BodyDigests {
        let digests = set.finish()
        let checksums = digests.checksums.map { ObjectChecksum($0.algorithm, $0.digest) }
        for wanted in expected where !checksums.contains(wanted) {
            throw Self.bad("\(wanted.algorithm)")
        }
        if let expectedMD5, digests.md5 != expectedMD5 { throw Self.bad("MD5") }
        return BodyDigests(checksums: checksums, md5: digests.md5)
    }

    private static func bad(_ name: String) -> StoreError {
        StoreError(
            .badDigest, "The \(name) announced is not that of the bytes that came. Nothing was stored.",
            underlying: RefusalReason.digest(name))
    }
}
