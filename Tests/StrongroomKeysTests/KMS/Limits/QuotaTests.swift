import StrongroomCrypto
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomKMS

/// A host whose boot clock stands still until a test moves it.
private final class StandingHost: KeyBackendHost {
    private let now = Mutex<UInt64>(1_000_000_000)

    func pass(milliseconds: UInt64) { now.withLock { $0 += milliseconds * 1_000_000 } }
    func wallMilliseconds() -> Int64 { 1_700_000_000_000 }
    func bootNanoseconds() -> UInt64 { now.withLock { $0 } }
    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) { SystemRandom().fill(&buffer) }
    func log(_ level: KeyBackendLogLevel, _ message: String) {}
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {}
}

@Suite struct QuotaTests {
    private let folder = TemporaryFolder()
    private let host = StandingHost()

    private func open(_ quotas: KeyQuotas) async throws -> KeyService {
        try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: true, quotas: quotas, host: host)
    }

    private func requester(_ name: String, account: String = "000000000000") -> KeyRequester {
        KeyRequester(Caller(principal: "arn:aws:iam::\(account):user/\(name)", account: account))
    }

    private func code(_ body: () async throws(KeyServiceError) -> Void) async -> KeyServiceError.Code? {
        do throws(KeyServiceError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func withoutQuotasNothingIsThrottled() async throws {
        let service = try await open(.unlimited)
        for _ in 0..<500 { _ = try await service.generateDataKey() }
        #expect(try await service.status().throttledCount == 0)
    }

    /// The story: an import took two tokens, so that one a second let none through.
    @Test func anImportIsOneRequest() async throws {
        var quotas = KeyQuotas()
        quotas[.other] = 1
        let service = try await open(quotas)
        let key = try await service.createKey(origin: .external)
        let material = try SecretBytes.random(count: 32)
        #expect(try await service.importKeyMaterial(into: key.arn, material).state == .enabled)
    }

    @Test func aQuotaIsUsedUpAndComesBack() async throws {
        var quotas = KeyQuotas()
        quotas[.cryptographic] = 4
        let service = try await open(quotas)
        let sealed = try await service.generateDataKey().wrapped
        for _ in 0..<3 { _ = try await service.decrypt(sealed) }
        let error = await #expect(throws: KeyServiceError.self) { _ = try await service.decrypt(sealed) }
        #expect(error?.code == .throttling)
        #expect(error?.message.contains("in 250 milliseconds") == true)
        #expect(error.map { KeyBackendError($0).code } == .throttled)
        // Every operation of the class; none of another.
        #expect(
            await code { () throws(KeyServiceError) in _ = try await service.generateRandom(count: 8) } == .throttling)
        _ = try await service.describeKey(KeyService.defaultKeyID)
        host.pass(milliseconds: 250)
        _ = try await service.decrypt(sealed)
        #expect(await code { () throws(KeyServiceError) in _ = try await service.decrypt(sealed) } == .throttling)
        let status = try await service.status()
        #expect(status.throttledCount == 3)
        #expect(status.requestCounts == [.generateDataKey: 1, .decrypt: 4, .describeKey: 1])
    }

    /// They came before the quota: each left a durable record, as fast as anybody could ask.
    @Test func whatIsRefusedForItsFormCountsAsWell() async throws {
        var quotas = KeyQuotas()
        quotas[.cryptographic] = 4
        let service = try await open(quotas)
        for _ in 0..<4 {
            #expect(
                await code { () throws(KeyServiceError) in _ = try await service.generateRandom(count: 0) }
                    == .validation)
        }
        let records = try await service.auditStatus()?.recordCount
        #expect(
            await code { () throws(KeyServiceError) in _ = try await service.generateRandom(count: 0) } == .throttling)
        #expect(try await service.auditStatus()?.recordCount == records)
    }

    /// A call in several parts is one request.
    @Test func aDeletionTakesOneTokenThoughItAsksTwice() async throws {
        let service = try await open(.kms)
        let key = try await service.createKey()
        let burst = try #require(KeyQuotas.kms[KeyOperationClass(of: .scheduleKeyDeletion)])
        for _ in 0..<Int(burst) { _ = try? await service.scheduleKeyDeletion(key.arn) }
        #expect(
            await code { () throws(KeyServiceError) in _ = try await service.scheduleKeyDeletion(key.arn) }
                == .throttling)
        #expect(try await service.status().throttledCount == 1)
    }

    @Test func theClassesAreKMSs() async throws {
        let service = try await open(.kms)
        for _ in 0..<5 { _ = try await service.createKey() }
        let document = try documentBytes()
        #expect(await code { () throws(KeyServiceError) in _ = try await service.createKey() } == .throttling)
        #expect(try documentBytes() == document, "what is throttled changes nothing")
        #expect(try await service.listKeys().items.count == 6)
        for _ in 0..<5 { _ = try await service.listAliases() }
        #expect(await code { () throws(KeyServiceError) in _ = try await service.listAliases() } == .throttling)
        _ = try await service.generateDataKey()
        #expect(KeyOperation.all.filter { KeyOperationClass(of: $0) == .cryptographic }.count == 6)
        #expect(KeyOperationClass.all.allSatisfy { KeyQuotas.kms[$0] != nil })
    }

    private func documentBytes() throws -> [UInt8] {
        try TestFile.read(folder.path.appending("keyring").appending("kms").appending("keyring"))
    }

    @Test func accountsAndPrincipalsHaveTheirOwn() async throws {
        var quotas = KeyQuotas()
        quotas[.listKeys] = 10
        quotas.callerPercent = 40
        let service = try await open(quotas)
        var passed: [String: Int] = [:]
        for name in ["storm", "storm", "ana", "eve", "bob"] {
            for _ in 0..<10
            where await code({ () throws(KeyServiceError) in
                _ = try await service.listKeys(as: requester(name))
            }) == nil { passed[name, default: 0] += 1 }
        }
        #expect(passed == ["storm": 4, "ana": 4, "eve": 2])
        // Another account has a quota of its own, and no right: it is told of the right.
        let other = requester("mallory", account: "111122223333")
        #expect(await code { () throws(KeyServiceError) in _ = try await service.listKeys(as: other) } == .accessDenied)
    }

    /// The bound holds to the request, however many come at once.
    @Test func aStormIsHeldToItsQuota() async throws {
        var quotas = KeyQuotas()
        quotas[.cryptographic] = 300
        quotas.callerPercent = 50
        let service = try await open(quotas)
        let sealed = try await service.generateDataKey().wrapped
        host.pass(milliseconds: 1_000)
        let storm = requester("storm")
        let passed = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<64 {
                group.addTask { await Self.attempts(20, service, sealed, storm) }
            }
            return try await group.reduce(0, +)
        }
        #expect(passed == 150)
        // Others of the account, and who manages keys, go on.
        #expect(await Self.attempts(150, service, sealed, .root) == 150)
        _ = try await service.createKey(as: storm)
        #expect(try await service.status().throttledCount == 64 * 20 - 150)
        #expect(try await service.requestCounts(of: KeyService.defaultKeyID)[.decrypt] == 300)
    }

    private static func attempts(
        _ count: Int, _ service: KeyService, _ sealed: WrappedDataKey, _ requester: KeyRequester
    ) async -> Int {
        var passed = 0
        for _ in 0..<count {
            do throws(KeyServiceError) {
                _ = try await service.decrypt(sealed, as: requester)
                passed += 1
            } catch {
                #expect(error.code == .throttling)
            }
        }
        return passed
    }

    @Test func memoryIsBoundedHoweverManyPrincipalsCome() {
        var quotas = KeyQuotas()
        quotas[.cryptographic] = 1_000_000
        quotas.callerPercent = 1
        var ledger = QuotaLedger(quotas)
        for number in 0..<10_000 {
            #expect(ledger.take(.decrypt, account: "a", principal: "\(number)", at: 5) == nil)
            #expect(ledger.bucketCount <= QuotaLedger.bucketsMax + 2)
        }
        // Newcomers share one part of 10,000; about 4,000 principals had one to themselves.
        var passed = 0
        while ledger.take(.decrypt, account: "a", principal: "new \(passed)", at: 5) == nil { passed += 1 }
        #expect(passed < 10_000)
        // Once buckets are full again, they make room.
        #expect(ledger.take(.decrypt, account: "a", principal: "newer", at: 2_000_000_000) == nil)
        #expect(ledger.bucketCount < 10)
    }

    // MARK: - Settings

    @Test func settingsAreQuotas() throws {
        #expect(try KeyQuotas([:]) == .unlimited)
        #expect(try KeyQuotas(["quotas": "kms"]) == .kms)
        var quotas = KeyQuotas.kms
        quotas[.cryptographic] = 10_000
        quotas[.other] = nil
        quotas.callerPercent = 25
        #expect(try KeyQuotas(quotas.settings) == quotas)
        #expect(
            try KeyQuotas([
                "quotas": "kms", "quota-cryptographic-per-second": "10000", "quota-other-per-second": "none",
                "quota-caller-percent": "25",
            ]) == quotas)
    }

    @Test(
        arguments: [
            ("quotas", "aws"), ("quota-cryptographic-per-second", "0"), ("quota-create-key-per-second", "1000001"),
            ("quota-list-keys-per-second", ""), ("quota-caller-percent", "101"), ("quota-decrypt-per-second", "5"),
            ("price-per-10000-requests", "-1"), ("price-per-10000-requests", "1,5"),
            ("price-per-10000-requests", "0.0000001"), ("price-per-10000-requests", "1000001"),
        ])
    func nonsenseIsRefusedBeforeAnythingIsMade(_ name: String, _ value: String) throws {
        let error = #expect(throws: KeyBackendError.self) {
            try KeyServiceSettings.check([name: value], creates: false)
            _ = try KeyQuotas([name: value])
            _ = try KeyServiceSettings.price([name: value])
        }
        #expect(error?.code == .invalidRequest)
    }
}
