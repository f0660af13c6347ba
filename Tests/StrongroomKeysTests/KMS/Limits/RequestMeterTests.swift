import StrongroomCrypto
import StrongroomKMSKeys
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

@Suite struct RequestMeterTests {
    private let folder = TemporaryFolder()

    private func context(_ arn: String) throws -> EncryptionContext { try EncryptionContext(["aws:s3:arn": arn]) }

    private func call(_ operation: KeyOperation, bucket: String) throws -> KeyCall {
        KeyCall(operation, .root, try context("arn:aws:s3:::\(bucket)/key"))
    }

    private func id(_ number: Int) -> KeyID {
        KeyID(random: (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 4))) })
    }

    @Test func requestsAreCountedByBucketAndHaveACost() async throws {
        let service = try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, requestPrice: try #require(RequestPrice("0.03")))
        let key = try await service.createKey()
        let photos = try context("arn:aws:s3:::photos/a/b.jpg")
        let sealed = try await service.generateDataKey(keyID: key.arn, encryptionContext: photos).wrapped
        for _ in 0..<5 { _ = try await service.decrypt(sealed, encryptionContext: photos) }
        // With a Bucket Key the context is the bucket.
        _ = try await service.generateDataKey(keyID: key.arn, encryptionContext: try context("arn:aws:s3:::photos"))
        _ = try await service.generateDataKey(keyID: key.arn, encryptionContext: try context("arn:aws:s3:::music/x"))
        let rows = try await service.meteredRequests(of: key.arn)
        #expect(rows.map(\.origin) == [.bucket("photos"), .elsewhere, .bucket("music")])
        #expect(rows[0].counts == [.generateDataKey: 2, .decrypt: 5] && rows[0].cost == "0.000021")
        #expect(rows[1].counts == [.createKey: 1] && rows[1].cost == "0.000003")
        #expect(try await service.requestCounts(of: key.arn) == [.createKey: 1, .generateDataKey: 3, .decrypt: 5])
        #expect(try await service.status().requestCost == "0.000027")
    }

    @Test func oneRequestCountsOncePerKey() async throws {
        let service = try await KeyService.open(keyring: folder.path.appending("keyring"), creates: true)
        let (first, second) = (try await service.createKey(), try await service.createKey())
        let sealed = try await service.encrypt(try SecretBytes.random(count: 8), keyID: first.arn)
        for destination in [first.arn, second.arn] {
            _ = try await service.reEncrypt(sealed, destinationKeyID: destination)
        }
        #expect(try await service.requestCounts(of: first.arn)[.reEncrypt] == 2)
        #expect(try await service.requestCounts(of: second.arn)[.reEncrypt] == 1)
    }

    @Test(
        arguments: [
            ("0", 1_000_000, "0.000000"), ("0.03", 10_000, "0.030000"), ("0.03", 1, "0.000003"),
            ("12.5", 40_000, "50.000000"), ("1000000", Int.max, "922337203685477580700.000000"),
            ("0.000001", 9_999, "0.000000"),
        ])
    func costsAreExact(_ price: String, _ count: Int, _ cost: String) throws {
        #expect(try #require(RequestPrice(price)).cost(ofRequests: count) == cost)
    }

    @Test(arguments: ["", ".", "1.", ".5", "1.1234567", "1e3", " 1", "+1", "٣", "1000000.1", "10000000"])
    func whatIsNoPriceIsNone(_ text: String) { #expect(RequestPrice(text) == nil) }

    @Test(arguments: [
        "arn:aws:s3:::", "arn:aws:s3:::/a", "photos", "arn:aws:s3:::\(String(repeating: "x", count: 64))",
    ])
    func whatNamesNoBucketIsOfNone(_ arn: String) throws {
        #expect(MeteredRequests.Origin(try context(arn)) == .elsewhere)
    }

    @Test func memoryIsBoundedAndNoRequestIsLost() throws {
        let meter = RequestMeter(price: .zero)
        for number in 0..<RequestMeter.rowsMax { meter.count(try call(.decrypt, bucket: "b\(number)"), of: id(1)) }
        for number in 0..<2 * RequestMeter.rowsMax { meter.count(KeyCall(.encrypt, .root), of: id(2 + number)) }
        #expect(meter.totals == [.decrypt: RequestMeter.rowsMax, .encrypt: 2 * RequestMeter.rowsMax])
        #expect(meter.counts(of: id(1)) == [.decrypt: RequestMeter.rowsMax])
        let rows = meter.requests(of: id(1))
        #expect(rows.count == RequestMeter.rowsMax - RequestMeter.rowsOfKeysMin + 1)
        #expect(rows[0].origin == .others && rows[0].count == RequestMeter.rowsOfKeysMin)
        // Keys that came when all was full are in no line of their own.
        #expect(meter.requests(of: id(1 + 2 * RequestMeter.rowsMax)).isEmpty)
        // Who has a line keeps it.
        meter.count(try call(.decrypt, bucket: "b0"), of: id(1))
        #expect(meter.requests(of: id(1)).first { $0.origin == .bucket("b0") }?.count == 2)
    }

    @Test func aStormIsCountedToTheRequest() async throws {
        let meter = RequestMeter(price: .zero)
        let calls = try (0..<4).map { try call(.decrypt, bucket: "bucket\($0)") }
        let key = id(1)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask { for step in 0..<500 { meter.count(calls[(task + step) % 4], of: key) } }
            }
        }
        #expect(meter.requests(of: key).map(\.count) == [8_000, 8_000, 8_000, 8_000])
    }

    @Test func theControlOperationShowsThem() async throws {
        var configuration = KMSKeys.configuration(keyring: folder.path.appending("keyring"), creates: true)
        configuration.settings["price-per-10000-requests"] = "0.03"
        configuration.settings["quota-cryptographic-per-second"] = "1"
        let instance = try await KeyBackendInstance.open(KMSKeys.table, configuration: configuration)
        _ = try await instance.generateDataKey(
            DataKeyRequest(encryptionContext: try context("arn:aws:s3:::photos/a")))
        let request = #"{"operation":"status","keyId":"alias/aws/s3"}"#
        let answer = String(
            decoding: try await instance.control(ControlRequest(json: Array(request.utf8))), as: UTF8.self)
        #expect(
            answer.contains(
                #""origins":[{"bucket":"photos","cost":"0.000003","origin":"bucket","requests":{"GenerateDataKey":1}}]"#
            ))
        #expect(answer.contains(#""requestCost":"0.000003""#) && answer.contains(#""throttledCount":0"#))
    }
}
