import Logging
import Strongroom
import StrongroomKeys
import Synchronization
import Testing

@testable import StrongroomS3Protocol

/// Requests beyond their rate, as clients see them.
@Suite("Requests beyond their rate") struct RateTests {
    /// Stands still until it is told otherwise.
    private final class Time: Sendable {
        private let nanoseconds = Mutex<UInt64>(1)

        var now: UInt64 { nanoseconds.withLock { $0 } }

        func pass(seconds: UInt64) { nanoseconds.withLock { $0 += seconds * 1_000_000_000 } }
    }

    private func fixture(accessKey: Int?, address: Int?, _ time: Time) async throws -> S3Fixture {
        var fixture = try await S3Fixture()
        fixture.service = service(fixture.store, accessKey: accessKey, address: address, time)
        return fixture
    }

    private func service(_ store: Store, accessKey: Int?, address: Int?, _ time: Time) -> S3Service {
        let settings = S3Settings(
            region: S3Fixture.region, domains: [], account: "000000000000",
            rates: RequestRates(
                accessKey: accessKey.map { RequestRate(perSecond: $0, burst: $0) },
                address: address.map { RequestRate(perSecond: $0, burst: $0) }))
        return S3Service(
            store, settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            nanoseconds: { time.now }
        ) { S3Fixture.now }
    }

    @Test("are answered SlowDown until a second brings another, and are not done")
    func keys() async throws {
        let time = Time()
        let fixture = try await fixture(accessKey: 2, address: nil, time)
        #expect(try await fixture.send("PUT", "/data").status == 200)
        #expect(try await fixture.send("PUT", "/data/k", body: [1]).status == 200)
        let beyond = try await fixture.send("DELETE", "/data/k")
        #expect(beyond.status == 503 && beyond.code == "SlowDown")
        #expect(try await fixture.store.bucket("data").list().objects.count == 1)
        // Others have their own.
        let bob = try await fixture.user("bob")
        #expect(try await fixture.send("GET", "/data/k", as: bob).status == 403)
        time.pass(seconds: 1)
        #expect(try await fixture.send("GET", "/data/k").status == 200)
    }

    @Test("that nobody signed, or not rightly, count where they come from, and not against a key")
    func addresses() async throws {
        let fixture = try await fixture(accessKey: 1, address: 2, Time())
        var forger = fixture.administrator
        forger.secret = try await fixture.user("mallory").secret
        #expect(try await fixture.send("GET", "/data/k", as: forger).code == "SignatureDoesNotMatch")
        #expect(try await fixture.send("GET", "/data/k", as: nil).status == 403)
        #expect(try await fixture.send("GET", "/data/k", as: nil).code == "SlowDown")
        #expect(try await fixture.send("GET", "/data/k", as: forger).code == "SlowDown")
        #expect(try await fixture.send("OPTIONS", "/data/k", as: nil).code == "SlowDown")
        #expect(try await fixture.send("GET", "/%zz", as: nil).code == "SlowDown")
        #expect(try await fixture.send("PUT", "/data").status == 200)
    }

    /// The story: rates and the key service's endpoint were built beside each other, and knew nothing of each other.
    @Test("of the key service count as those of S3 do, and are told so in KMS's words")
    func keyService() async throws {
        var fixture = try await KeyServiceFixture()
        fixture.s3.service = service(fixture.s3.store, accessKey: 2, address: 1, Time())
        #expect(try await fixture.refusal("ListKeys") == nil)
        #expect(try await fixture.s3.send("GET", "/").status == 200)
        #expect(try await fixture.refusal("CreateKey") == "ThrottlingException")
        #expect(try await fixture.s3.send("GET", "/").code == "SlowDown")
        #expect(try await fixture.refusal("ListKeys", as: .some(nil)) == "MissingAuthenticationTokenException")
        #expect(try await fixture.refusal("ListKeys", as: .some(nil)) == "ThrottlingException")
    }

    @Test("are none where there are no rates")
    func unlimited() async throws {
        let fixture = try await S3Fixture()
        for _ in 0..<50 { #expect(try await fixture.send("GET", "/", as: nil).status == 403) }
    }
}
