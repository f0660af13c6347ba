#if CommandLineTool
import Foundation
import Testing

/// Keys in the keyrings of two stores, as scripts use them.
@Suite("Command line: keys in several regions")
struct KeyRegionCommandTests {
    @Test("a key is replicated, rotated, and gets another primary; both stores open what either has sealed")
    func regions() throws {
        let strongroom = try Strongroom()
        let (home, away) = (strongroom.store.path, strongroom.path("away"))
        let account = "500000000001"
        #expect(try strongroom("init", home, "--region", "eu-west-1", "--account", account).status == 0)
        #expect(try strongroom("init", away, "--region", "us-east-1", "--account", account).status == 0)
        #expect(try strongroom("init", strongroom.path("wrong"), "--account", "1").status == 64)
        let created = try #require(try strongroom("key", "create", "--multi-region", "--json").lines.first)
        let arn = try #require(created["keyId"] as? String)
        #expect(arn.hasPrefix("arn:aws:kms:eu-west-1:\(account):key/mrk-"))
        let type = { (line: [String: Any]?) in (line?["multiRegion"] as? [String: Any])?["keyType"] as? String }
        #expect(type(created) == "PRIMARY")
        let replica = try #require(
            try strongroom("key", "replicate", arn, "--other-store", away, "--description", "away", "--json").lines
                .first)
        let there = try #require(replica["keyId"] as? String)
        #expect(there == arn.replacingOccurrences(of: "eu-west-1", with: "us-east-1") && type(replica) == "REPLICA")
        let again = try strongroom("key", "replicate", arn, "--other-store", away, "--json")
        #expect(again.status == 1 && again.error?["message"] is String)

        // The rotation reaches the other keyring when both are open.
        #expect(try strongroom("key", "rotate", arn).status == 0)
        #expect(
            try strongroom("key", "describe", there, "--store", away, "--json").lines.first?["versionCount"] as? Int
                == 1)
        #expect(try strongroom("key", "rotate", there, "--store", away, "--json").status == 1)
        #expect(try strongroom("key", "synchronize", "--other-store", away).status == 0)
        #expect(
            try strongroom("key", "describe", there, "--store", away, "--json").lines.first?["versionCount"] as? Int
                == 2)

        let moved = try strongroom("key", "primary", arn, "--other-store", away, "--json").lines.first
        #expect(type(moved) == "REPLICA")
        #expect(try strongroom("key", "rotate", there, "--store", away).status == 0)
        #expect(
            try strongroom("key", "schedule-deletion", there, "--store", away, "--json").lines.first?["state"]
                as? String == "PendingReplicaDeletion")
        #expect(try strongroom("key", "rotations", arn, "--rotations-only", "--json").lines.count == 1)
        #expect(try strongroom("key", "primary", arn, "--other-store", home, "--json").status == 1)
    }
}
#endif
