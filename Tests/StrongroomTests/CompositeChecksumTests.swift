import StrongroomCrypto
import Testing

@testable import Strongroom

@Suite("Composite checksums and object attributes")
struct CompositeChecksumTests {
    private static func digest(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) throws -> [UInt8] {
        // Safe: a UInt8 is raw bytes.
        try ChecksumHasher.checksum(algorithm, unsafe bytes.span.bytes)
    }

    @Test("The checksum of the parts' checksums is kept, and says of how many parts it is")
    func kept() async throws {
        try await withStore(ObjectPartsTests.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            let upload = try await bucket.createUpload(
                "key", options: PutOptions(checksums: [.crc32, .crc64NVME, .sha1]),
                compositeChecksums: [.crc32c, .sha256]
            ).id
            let pieces = [[UInt8](repeating: 1, count: 200_000), [UInt8](repeating: 2, count: 30)]
            var parts: [PartInfo] = []
            for (index, piece) in pieces.enumerated() {
                parts.append(try await bucket.uploadPart(index + 1, of: "key", upload, piece))
            }
            let receipt = try await bucket.completeUpload("key", upload, parts: parts.map(CompletedPart.init))
            let whole = pieces.flatMap { $0 }
            func composed(_ algorithm: ChecksumAlgorithm) throws -> ObjectChecksum {
                let digests = try pieces.flatMap { try Self.digest(algorithm, $0) }
                return ObjectChecksum(algorithm, try Self.digest(algorithm, digests), compositePartCount: 2)
            }
            let expected = [
                ObjectChecksum(.crc32, try Self.digest(.crc32, whole)), try composed(.crc32c),
                ObjectChecksum(.crc64NVME, try Self.digest(.crc64NVME, whole)), try composed(.sha1),
                try composed(.sha256),
            ]
            #expect(receipt.checksums == expected)
            #expect(receipt.checksums.map { $0.base64.hasSuffix("-2") } == [false, true, false, true, true])
            #expect(try await bucket.head("key").checksums == expected)

            let page = try await bucket.attributes(of: "key")
            #expect(page.object == (try await bucket.head("key")) && page.object.partCount == 2 && page.next == nil)
            #expect(page.parts.map(\.checksums) == parts.map(\.checksums))
            for (part, piece) in zip(page.parts, pieces) {
                #expect(part.checksums.count == 5)
                for checksum in part.checksums {
                    #expect(checksum.compositePartCount == nil)
                    #expect(checksum.digest == (try Self.digest(checksum.algorithm.algorithm, piece)))
                }
            }

            // A copy is in one piece, and its checksums are of its bytes.
            let copy = try await bucket.copy("key", to: "copy")
            #expect(copy.checksums.allSatisfy { $0.compositePartCount == nil } && copy.checksums.count == 5)
            #expect(copy.checksums.last?.digest == (try Self.digest(.sha256, whole)))
        }
    }

    @Test("What cannot be composed, or says nothing of bytes, is refused")
    func refusals() async throws {
        try await withStore(ObjectPartsTests.options) { store, _ in
            let bucket = try await store.createBucket("bucket")
            let code = try await errorCode { try await bucket.createUpload("key", compositeChecksums: [.crc64NVME]) }
            #expect(code == .invalidArgument)
            #expect(try await bucket.listUploads().uploads.isEmpty)
            let upload = try await bucket.createUpload("key", compositeChecksums: [.sha256]).id
            let part = try await bucket.uploadPart(1, of: "key", upload, [1])
            let receipt = try await bucket.completeUpload("key", upload, parts: [CompletedPart(part)])
            let composite = try #require(receipt.checksums.last)
            #expect(composite.compositePartCount == 1)
            let options = PutOptions(expectedChecksums: [composite])
            #expect(try await errorCode { try await bucket.put("other", [1], options: options) } == .invalidArgument)
            let next = try await bucket.createUpload("key").id
            let refused = try await errorCode {
                try await bucket.uploadPart(
                    1, of: "key", next, SlicedBody(bytes: [1], sliceBytes: 1), expectedChecksums: [composite])
            }
            #expect(refused == .invalidArgument)
        }
    }

    @Test("The parts come in pages, by number; an object that was put whole has none")
    func pages() async throws {
        try await withStore(ObjectPartsTests.options) { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            let numbers = Array(stride(from: 1, through: 2_301, by: 2))
            let sizes = Dictionary(uniqueKeysWithValues: numbers.map { ($0, 1 + $0 % 5) })
            let old = try await ObjectPartsTests.upload(
                sizes, to: bucket, "key", options: PutOptions(storageClass: .standardInfrequentAccess))
            try await bucket.put("key", [1])
            var parts: [ObjectPartInfo] = []
            var pageSizes: [Int] = []
            var after: Int? = 0
            while let start = after {
                let page = try await bucket.attributes(of: "key", version: old.versionID, partsAfter: start)
                #expect(page.object.partCount == numbers.count && page.object.storageClass == .standardInfrequentAccess)
                pageSizes.append(page.parts.count)
                parts += page.parts
                after = page.next
            }
            #expect(pageSizes == [1_000, 151])
            #expect(parts.map(\.number) == numbers)
            #expect(parts.map(\.sizeBytes) == numbers.map { UInt64(1 + $0 % 5) })
            #expect(parts.last?.range.upperBound == old.sizeBytes)
            let page = try await bucket.attributes(of: "key", version: old.versionID, partsAfter: 4, limit: 2)
            #expect(page.parts.map(\.number) == [5, 7] && page.next == 7)
            let last = try await bucket.attributes(of: "key", version: old.versionID, partsAfter: 2_299, limit: 1)
            #expect(last.parts.map(\.number) == [2_301] && last.next == nil)

            let whole = try await bucket.attributes(of: "key")
            #expect(whole.parts == [] && whole.next == nil && whole.object.partCount == nil)
            #expect(whole.object.checksums.count == 1)
            for limit in [0, -1, 1_001] {
                #expect(
                    try await errorCode { try await bucket.attributes(of: "key", limit: limit) } == .invalidArgument)
            }
            let condition = ReadConditions(matches: ["other"])
            let code = try await errorCode { try await bucket.attributes(of: "key", if: condition) }
            #expect(code == .preconditionFailed)
            let marker = try await bucket.delete("key")
            #expect(try await errorCode { try await bucket.attributes(of: "key") } == .noSuchKey)
            let ofMarker = try await errorCode { try await bucket.attributes(of: "key", version: marker.versionID) }
            #expect(ofMarker == .methodNotAllowed)
        }
    }

    @Test("Which checksums an upload keeps survives a restart")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: ObjectPartsTests.options)
        var bucket = try await store.createBucket("bucket")
        let upload = try await bucket.createUpload(
            "key", options: PutOptions(checksums: []), compositeChecksums: [.crc32]
        ).id
        let first = try await bucket.uploadPart(1, of: "key", upload, [1, 2])
        try await store.close()
        store = try await Store.open(at: directory.store, options: ObjectPartsTests.options)
        bucket = store.bucket("bucket")
        let second = try await bucket.uploadPart(2, of: "key", upload, [3])
        let parts = [CompletedPart(first), CompletedPart(second)]
        let checksums = try await bucket.completeUpload("key", upload, parts: parts).checksums
        let digests = try Self.digest(.crc32, [1, 2]) + Self.digest(.crc32, [3])
        #expect(checksums == [ObjectChecksum(.crc32, try Self.digest(.crc32, digests), compositePartCount: 2)])
        try await store.close()
    }
}
