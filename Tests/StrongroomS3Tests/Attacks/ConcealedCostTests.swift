import Strongroom
import StrongroomStorage
import StrongroomSystem
import Testing

@testable import StrongroomS3Protocol

/// Attack 36: who may not list a bucket is answered the same of what is there and forbidden, and of what is not
/// (`ConcealmentAttackTests`); here both answers have to have asked the store for the same, so that how long they took
/// tells nothing either. It is calls that are counted, and not time, which other work makes longer and shorter.
@Suite("Attacks on what is not told, by what it costs") struct ConcealedCostTests {
    private static func calls(
        _ ways: [ConcealmentAttackTests.Way], _ fixture: S3Fixture, _ bob: S3Fixture.Signer, _ notes: StorageNotes
    ) async throws -> [[String]] {
        var all: [[String]] = []
        for way in ways {
            let (answer, calls) = try await notes.during {
                way.body.isEmpty
                    ? try await fixture.send(way.method, way.target, way.headers, as: bob)
                    : try await fixture.document(way.method, way.target, way.body, way.headers, as: bob)
            }
            #expect(answer.status == 403, "\(way.method) \(way.target): \(answer.text)")
            all.append(calls)
        }
        return all
    }

    @Test(
        "what is there and forbidden costs the store as much as what is not, call by call",
        arguments: ConcealmentAttackTests.secrets)
    func calls(_ secret: ConcealmentAttackTests.Secret) async throws {
        let notes = StorageNotes()
        let (fixture, bob) = try await ConcealmentAttackTests.versioned(secret, in: S3Fixture(notes))
        // Larger than what is kept in rows and segments.
        let body = [UInt8](repeating: 1, count: 300_000)
        let put = try await fixture.send("PUT", "/data/k", secret.put, body: body)
        let version = try #require(put.headers["x-amz-version-id"])
        // Below it one that is not the newest any more: another way leads there.
        let ways = ConcealmentAttackTests.ways(secret, version: version)
        // Once for what is read once: policies, keys of users.
        _ = try await Self.calls(ways, fixture, bob, notes)
        let newest = try await Self.calls(ways, fixture, bob, notes)
        #expect(try await fixture.send("PUT", "/data/k", secret.put, body: body).status == 200)
        let older = try await Self.calls(ways, fixture, bob, notes)
        _ = try await fixture.store.bucket("data").delete("k")
        let hidden = try await Self.calls(ways, fixture, bob, notes)
        for entry in try await fixture.store.bucket("data").listVersions().entries {
            _ = try await fixture.store.bucket("data").delete("k", version: entry.versionID)
        }
        let gone = try await Self.calls(ways, fixture, bob, notes)
        for (index, way) in ways.enumerated() {
            let name = "\(way.method) \(way.target) \(way.headers)"
            #expect(newest[index] == gone[index], "\(name): the newest version, and nothing")
            #expect(older[index] == gone[index], "\(name): an older version, and nothing")
            #expect(hidden[index] == gone[index], "\(name): behind a delete marker, and nothing")
        }
        // Where no tag decides, the decision falls before any look at the object.
        if secret.isAll { #expect(newest.joined().isEmpty, "\(newest)") }
    }

    @Test("whom nothing is kept from is told what is there by other calls: the notes do tell them apart")
    func control() async throws {
        let notes = StorageNotes()
        let secret = try #require(ConcealmentAttackTests.secrets.last)
        let (fixture, _) = try await ConcealmentAttackTests.versioned(secret, in: S3Fixture(notes))
        #expect(try await fixture.send("PUT", "/data/k", body: [UInt8](repeating: 1, count: 300_000)).status == 200)
        _ = try await fixture.send("GET", "/data/k")
        let there = try await notes.during { try await fixture.send("GET", "/data/k") }
        #expect(there.value.status == 200 && there.calls.contains("open blob"), "\(there.calls)")
        let absent = try await notes.during { try await fixture.send("GET", "/data/absent") }
        #expect(absent.value.status == 404 && !absent.calls.isEmpty && absent.calls != there.calls, "\(absent.calls)")
    }
}
