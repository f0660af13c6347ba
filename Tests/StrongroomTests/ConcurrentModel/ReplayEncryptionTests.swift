import StrongroomStorage
import Testing

@testable import Strongroom

/// The replay's own measure for what steps are told of encryption, and for whom they are refused.
@Suite("Replay of encryption")
struct ReplayEncryptionTests {
    private static let place = ReplayTests.place
    private static let (mine, other) = (ModelKeys.customers[0], ModelKeys.customers[1])

    private static func put(_ encryption: EncryptionRequest) -> PutStep {
        PutStep(place: place, content: Content([7]), options: PutOptions(encryption: encryption))
    }

    private static func read(_ part: ReadStep.Part, _ presented: CustomerKey? = nil) -> ReadStep {
        ReadStep(place: place, part: part, presented: presented)
    }

    private static let list = ListStep(bucket: "kept", options: ListOptions())

    /// The same events, with one answer altered.
    private static func agree(_ events: [Event], at index: Int, _ answer: Answer) -> Bool {
        var altered = events
        altered[index].answer = answer
        return ReplayTests.agree(altered)
    }

    @Test("A descriptor of before an update, one that was lost, and checksums told to the wrong one do not agree")
    func findsFalseDescriptors() async throws {
        let update = UpdateEncryptionStep(place: Self.place, kmsKey: "app", context: [:], usesBucketKey: true)
        let events = try await ReplayTests.record([
            Self.put(.kms(context: ["n": "1"], bucketKey: false)), Self.read(.head), Self.read(.bytes(nil)), Self.list,
            update, Self.read(.head), Self.list, Self.read(.attributes),
        ])
        #expect(ReplayTests.agree(events))
        #expect(!ReplayTests.agree(events.filter { $0.began != 8 }))
        #expect(!Self.agree(events, at: 5, events[1].answer))
        guard case .info(var head) = events[1].answer, case .list(var page) = events[3].answer,
            case .body(var body, let range, let bytes) = events[2].answer, case .kms(var kms) = head.encryption,
            case .put(var receipt) = events[0].answer
        else {
            Issue.record("other answers were expected")
            return
        }
        #expect(head.checksums.isEmpty && !body.checksums.isEmpty)
        (head.checksums, body.checksums) = (body.checksums, head.checksums)
        #expect(!Self.agree(events, at: 1, .info(head)))
        #expect(!Self.agree(events, at: 2, .body(body, range, bytes)))
        page.objects[0].checksums = head.checksums
        #expect(!Self.agree(events, at: 3, .list(page)))
        // A rewrap moves the version on and never back.
        head.checksums = []
        for (version, isPossible) in [("2", true), ("0", false)] {
            kms.keyVersion = version
            head.encryption = .kms(kms)
            #expect(Self.agree(events, at: 1, .info(head)) == isPossible)
        }
        kms.context = [:]
        receipt.encryption = .kms(kms)
        #expect(!Self.agree(events, at: 0, .put(receipt)))
    }

    @Test("Refusals for a key that is missing or wrong are told apart, and none may be left out")
    func findsFalseRefusals() async throws {
        let events = try await ReplayTests.record([
            Self.put(.customerKey(Self.mine)), Self.read(.bytes(nil), Self.mine), Self.read(.bytes(nil)),
            Self.read(.bytes(nil), Self.other),
            UpdateEncryptionStep(
                place: Self.place, kmsKey: nil, context: [:], usesBucketKey: false),
            Self.put(.s3Managed), Self.read(.head), Self.read(.head, Self.mine),
        ])
        #expect(ReplayTests.agree(events))
        #expect(
            events.map(\.answer.code) == [
                nil, nil, .invalidRequest, .accessDenied, .invalidRequest, nil, nil, .invalidRequest,
            ])
        for (index, of) in [(1, 2), (2, 1), (3, 1), (2, 3), (3, 2), (7, 6), (6, 7)] {
            #expect(!Self.agree(events, at: index, events[of].answer), "step \(index) with the answer of \(of)")
        }
    }

    @Test("A block that is lifted may still be met until whoever lifts it is told that it is lifted")
    func settingsInFlight() async throws {
        var events = try await ReplayTests.record([
            AllowedEncryptionStep(bucket: "kept", allowsCustomerKeys: false), Self.put(.customerKey(Self.mine)),
            AllowedEncryptionStep(bucket: "kept", allowsCustomerKeys: true), Self.put(.s3Managed),
        ])
        #expect(ReplayTests.agree(events))
        // Refused after a commit was acknowledged that came after the lifting.
        (events[1].began, events[1].ended) = (8, 10)
        #expect(!ReplayTests.agree(events))
        events[2].ended = 9
        #expect(ReplayTests.agree(events))
    }

    @Test("A disabled key excuses only what needs it, and only while it is disabled")
    func outages() async throws {
        let service = try ModelKeys.service("outage")
        var events = try await ReplayTests.record([
            KeyOutageStep(service: service, key: "app"), Self.put(.kms(key: "app", bucketKey: false)),
            Self.put(.s3Managed), Self.read(.bytes(nil)),
        ])
        #expect(ReplayTests.agree(events))
        events.remove(at: 2)
        events[2].answer = .refused(StoreError(.keyDisabled, "The key is disabled."))
        #expect(!ReplayTests.agree(events))
        events[0].ended = 9
        #expect(ReplayTests.agree(events))
        events[2].step = Self.read(.head)
        #expect(!ReplayTests.agree(events))
    }
}
