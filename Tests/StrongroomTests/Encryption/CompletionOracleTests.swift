import StrongroomCrypto
import StrongroomKeys
import Synchronization
import Testing

@testable import Strongroom

/// Whoever may complete an upload, and had no key for it, could announce checksums together with a size that was wrong:
/// the refusal said whether the checksum was right, and left the upload in place for the next guess at its bytes.
@Suite("Completions are no oracle")
struct CompletionOracleTests {
    private let fixture: ModeFixture
    private let store: Store
    private let bucket: Bucket

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
        bucket = try await store.createBucket("bucket", allowing: [.customerKeys])
    }

    /// Everybody who cannot open what is in a mode.
    private func strangers(_ mode: TestMode) -> [Bucket] {
        let caller = Caller(principal: "arn:aws:iam::444455556666:user/eve", account: "444455556666")
        let eve = store.acting(as: caller).bucket("bucket")
        return switch mode {
        case .none, .s3Managed: [bucket, eve]
        case .kms, .kmsWithContext, .kmsBucketKey, .kmsDualLayer: [eve, eve.presenting(fixture.customerKey)]
        case .customerKey: [bucket, bucket.presenting(fixture.otherCustomerKey), eve]
        }
    }

    private func refusal(
        _ bucket: Bucket, _ upload: UploadID, _ part: PartInfo, partChecksums: [ObjectChecksum] = [],
        objectChecksums: [ObjectChecksum] = [], sizeBytes: UInt64? = 7
    ) async throws -> StoreError? {
        do throws(StoreError) {
            try await bucket.completeUpload(
                "key", upload,
                parts: [CompletedPart(number: 1, etag: part.etag, expectedChecksums: partChecksums)],
                checks: CompletionChecks(checksums: objectChecksums, sizeBytes: sizeBytes))
            return nil
        } catch {
            return error
        }
    }

    @Test("Without the key every announced checksum is refused alike", arguments: TestMode.allCases)
    func guesses(mode: TestMode) async throws {
        let options = PutOptions(encryption: mode.request(fixture), checksums: [.crc32])
        let upload = try await bucket.createUpload("key", options: options).id
        let owner = fixture.handle(bucket, mode)
        let part = try await owner.uploadPart(1, of: "key", upload, [1, 2, 3])
        let right = try #require(part.checksums.first)
        let wrong = ObjectChecksum(.crc32, right.digest.map { ~$0 })
        fixture.service.state.withLock { $0.mood = .denies }
        for stranger in strangers(mode) {
            var found: [StoreError] = []
            for guess in [right, wrong] {
                found.append(try #require(try await refusal(stranger, upload, part, partChecksums: [guess])))
                found.append(try #require(try await refusal(stranger, upload, part, objectChecksums: [guess])))
            }
            // Without the wrong size, too, where a right guess completed the upload.
            found.append(try #require(try await refusal(stranger, upload, part, partChecksums: [wrong], sizeBytes: 3)))
            if mode.hidesChecksums {
                // What the key service denies is told as that, and a key that is presented for nothing as one.
                let codes: Set<StoreError.Code> =
                    mode == .customerKey ? [.invalidRequest] : [.accessDenied, .invalidRequest]
                #expect(found.allSatisfy { codes.contains($0.code) })
                #expect(Set(found.map { "\($0)" }).count == 1, "\(found)")
            } else {
                let codes: [StoreError.Code] = [.invalidRequest, .invalidRequest, .badDigest, .badDigest, .badDigest]
                #expect(found.map(\.code) == codes)
            }
        }
        fixture.service.state.withLock { $0.mood = .well }
        // Whoever has the key is told which of them is wrong, and completes with the right ones.
        #expect(try await refusal(owner, upload, part, partChecksums: [wrong])?.code == .badDigest)
        #expect(try await refusal(owner, upload, part, objectChecksums: [wrong])?.code == .badDigest)
        #expect(
            try await refusal(
                owner, upload, part, partChecksums: [right], objectChecksums: [right], sizeBytes: 3) == nil)
        #expect(try await owner.get("key").collect(upTo: 10) == [1, 2, 3])
        try await store.close()
    }

    @Test("An outage of the key service is told as what it is, and the upload waits")
    func outage() async throws {
        let upload = try await bucket.createUpload("key", options: PutOptions(encryption: .kms())).id
        let part = try await bucket.uploadPart(1, of: "key", upload, [1, 2, 3])
        fixture.service.state.withLock { $0.disabled = Set($0.keys.keys) }
        #expect(try await refusal(bucket, upload, part, partChecksums: part.checksums)?.code == .keyDisabled)
        fixture.service.state.withLock { $0.disabled = [] }
        #expect(try await refusal(bucket, upload, part, partChecksums: part.checksums, sizeBytes: 3) == nil)
        try await store.close()
    }
}
