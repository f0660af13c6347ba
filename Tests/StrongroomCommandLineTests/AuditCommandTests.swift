#if CommandLineTool
import Foundation
import Testing

/// The trail of the key service, as an auditor's scripts use it.
@Suite("Command line: audit")
struct AuditCommandTests {
    private func makeStore(_ strongroom: borrowing Strongroom) throws -> String {
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        try strongroom.write("file", Data("what is to be kept".utf8))
        let key = try #require(try strongroom("key", "create", "--json").lines.first?["keyId"] as? String)
        #expect(
            try strongroom(
                "bucket", "create", "letters", "--default-encryption", "aws:kms", "--kms-key-id", key
            ).status == 0)
        #expect(try strongroom("put", "file", "letters/a").status == 0)
        #expect(try strongroom("get", "letters/a", "out").status == 0)
        #expect(try strongroom("key", "disable", "none").status == 1)
        return key
    }

    private var segment: String {
        "store.keyring/kms/audit/00000000000000000000.audit"
    }

    @Test("records are shown, chosen, exported and proved, without a key")
    func show() throws {
        let strongroom = try Strongroom()
        let key = try makeStore(strongroom)
        let lines = try strongroom("audit", "show", "--json").lines
        let names = lines.compactMap { $0["eventName"] as? String }
        #expect(names.first == "CreateKey" && names.contains("GenerateDataKey") && names.contains("Decrypt"))
        #expect(lines.last?["errorCode"] as? String == "NotFoundException")
        let decrypt = try #require(lines.first { $0["eventName"] as? String == "Decrypt" })
        let context = (decrypt["requestParameters"] as? [String: Any])?["encryptionContext"] as? [String: String]
        #expect(context?["aws:s3:arn"] == "arn:aws:s3:::letters/a")

        let chosen = try strongroom("audit", "show", "--key", key, "--json").lines
        #expect(!chosen.isEmpty && chosen.count < lines.count)
        #expect(try strongroom("audit", "show", "--since", "2000-01-01", "--json").lines.count == lines.count)
        #expect(try strongroom("audit", "show", "--since", "2999", "--json").lines.isEmpty)
        #expect(try strongroom("audit", "show", "--since", "yesterday").status == 64)
        let text = try strongroom("audit", "show").output
        #expect(text.split(separator: "\n").count == lines.count && text.contains("Decrypt  ok"))

        #expect(try strongroom("audit", "export", "trail.json").status == 0)
        let exported = try JSONSerialization.jsonObject(with: strongroom.read("trail.json")) as? [String: [Any]]
        #expect(exported?["Records"]?.count == lines.count)
        #expect(try strongroom("audit", "export", "trail.json", "--json").error?["code"] as? String == "fileExists")

        let proof = try strongroom("audit", "proof", "1").output
        #expect(proof.hasPrefix("c2sp.org/tlog-proof@v1\nextra ") && proof.contains("\nindex 1\n"))
        #expect(try strongroom("audit", "growth", "1").output.hasPrefix("old 1\n"))
        #expect(try strongroom("audit", "proof", "99999").status == 1)
        #expect(try strongroom("audit", "key").output.hasPrefix("strongroom.audit/"))
    }

    @Test("what was changed is named, and makes the command fail; an older copy is found by a checkpoint that was kept")
    func verify() throws {
        let strongroom = try Strongroom()
        _ = try makeStore(strongroom)
        let sound = try strongroom("audit", "verify", "--json")
        #expect(sound.status == 0 && sound.lines.last?["sound"] as? Bool == true)
        let name = segment
        let bytes = try strongroom.read(name)
        let (oldAnchor, old) = (try strongroom.read("store.keyring/kms/audit-anchor"), bytes)

        var changed = bytes
        let place = try #require(bytes.range(of: Data("GenerateDataKey".utf8)))
        changed[place.lowerBound] ^= 1
        try strongroom.write(name, changed)
        let found = try strongroom("audit", "verify", "--json")
        #expect(found.status == 1 && found.error?["code"] as? String == "verificationFailed")
        #expect(found.lines.first?["kind"] as? String == "altered")
        #expect(found.lines.last?["sound"] as? Bool == false)
        let refused = try strongroom("key", "list", "--json")
        #expect(refused.status == 1 && refused.error?["code"] as? String == "auditUnavailable")
        try strongroom.write(name, bytes)

        #expect(try strongroom("key", "list").status == 0)
        try strongroom.write("kept", Data(strongroom("audit", "checkpoint").output.utf8))
        try strongroom.write("public", Data(strongroom("audit", "key").output.utf8))
        #expect(try strongroom("audit", "verify", "--public-key", "public", "--checkpoint", "kept").status == 0)
        try strongroom.write(name, old)
        let behind = try strongroom("audit", "verify", "--json")
        #expect(behind.lines.first?["kind"] as? String == "tailMissing")
        // Together with the anchor only whoever has kept a checkpoint can tell.
        try strongroom.write("store.keyring/kms/audit-anchor", oldAnchor)
        #expect(try strongroom("audit", "verify").status == 0)
        let kept = try strongroom("audit", "verify", "--checkpoint", "kept", "--json")
        #expect(kept.status == 1 && kept.lines.first?["kind"] as? String == "tailMissing")
    }
}
#endif
