#if CommandLineTool
import Foundation
import StrongroomGlacierKeys
import StrongroomKeys
import SystemPackage
import Testing

@testable import StrongroomAudit

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

    @Test("the trail of the archive keys is another one in the same keyring, read in the same ways")
    func archive() async throws {
        let strongroom = try Strongroom()
        #expect(try strongroom("init", strongroom.store.path).status == 0)
        #expect(try strongroom("audit", "show", "--archive").status == 1)
        let keyring = FilePath(strongroom.path("store.keyring"))
        let instance = try await KeyBackendInstance.open(
            GlacierKeys.table, configuration: GlacierKeys.configuration(keyring: keyring, creates: true))
        let keys = ArchiveKeys(instance, context: KeyRequestContext(requestID: "request"))
        _ = try await keys.seal([1], boundTo: Array("photos/cat.jpg".utf8))
        _ = try await keys.rotateEpoch()
        try await instance.close()

        for place in [["--store", strongroom.store.path], ["--keyring", keyring.string]] {
            let arguments = place + ["--archive"]
            let lines = try strongroom.run(["audit", "show", "--json"] + arguments).lines
            #expect(lines.compactMap { $0["eventName"] as? String } == ["SealWrap", "RotateEpoch"])
            #expect(lines.allSatisfy { $0["eventSource"] as? String == "archive.strongroom" })
            let arn = try #require((lines.first?["resources"] as? [[String: String]])?.first?["ARN"])
            let id = try #require(arn.split(separator: "/").last.map(String.init))
            for key in [arn, id] {
                #expect(try strongroom.run(["audit", "show", "--json", "--key", key] + arguments).lines.count == 2)
            }
            #expect(try strongroom.run(["audit", "show"] + arguments).output.contains("SealWrap  ok"))
            let verified = try strongroom.run(["audit", "verify", "--json"] + arguments)
            #expect(verified.status == 0 && verified.lines.last?["signedRecords"] as? Int == 2)
            let key = try strongroom.run(["audit", "key"] + arguments).output
            #expect(key.hasPrefix("strongroom.audit/archive/\(id)/"))
            #expect(try strongroom.run(["audit", "checkpoint"] + arguments).output.contains("\n2\n"))
            #expect(try strongroom.run(["audit", "proof", "1"] + arguments).output.contains("\nindex 1\n"))
            #expect(try strongroom.run(["audit", "growth", "1"] + arguments).output.hasPrefix("old 1\n"))
            let file = "trail-\(place.count)-\(place[0].count).json"
            #expect(try strongroom.run(["audit", "export", file] + arguments).status == 0)
            #expect(try strongroom.read(file).count > 1000)
        }
        let name = "store.keyring/glacier/audit/00000000000000000000.audit"
        var bytes = try strongroom.read(name)
        bytes[try #require(bytes.range(of: Data("SealWrap".utf8))).lowerBound] ^= 1
        try strongroom.write(name, bytes)
        let found = try strongroom("audit", "verify", "--archive", "--json")
        #expect(found.status == 1 && found.lines.first?["kind"] as? String == "altered")
    }

    @Test("however the store is written, its keyring is the one beside it")
    func place() throws {
        let strongroom = try Strongroom()
        let made = try strongroom("init", "--json", "there/..//store/").lines.first
        #expect(made?["keyring"] as? String == strongroom.path("store.keyring"))
        #expect(try strongroom("key", "create").status == 0)
        let shown = try strongroom("audit", "show", "--json")
        #expect(!shown.lines.isEmpty)
        for name in ["store", "store/", strongroom.store.path + "//", "there/../store/."] {
            #expect(try strongroom("audit", "show", "--json", "--store", name).output == shown.output)
        }
        #expect(try strongroom("audit", "show", "--store", "").status != 0)
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

    /// The story: whatever could not be read was told as a file that is not there.
    @Test("a key that cannot be used says whether it is missing, no key, or cannot be read")
    func keys() throws {
        let strongroom = try Strongroom()
        _ = try makeStore(strongroom)
        try strongroom.write("nonsense", Data("no key".utf8))
        for (file, code) in [("absent", "notFound"), ("nonsense", "malformedFile"), ("store", "inputOutput")] {
            let refused = try strongroom("audit", "verify", "--public-key", file, "--json")
            #expect(refused.status == 1 && refused.error?["code"] as? String == code, "\(file): \(refused.errors)")
        }
    }

    @Test("a checkpoint that was kept long ago is enough, and one there must be")
    func checkpoints() throws {
        let strongroom = try Strongroom()
        _ = try makeStore(strongroom)
        try strongroom.write("kept", Data(strongroom("audit", "checkpoint").output.utf8))
        for _ in 0..<3 { #expect(try strongroom("key", "list").status == 0) }
        let cut = try strongroom.read(segment)
        for _ in 0..<3 { #expect(try strongroom("key", "list").status == 0) }
        #expect(try strongroom("audit", "verify", "--checkpoint", "kept").status == 0)
        let whole = try strongroom.read(segment)
        try strongroom.write(segment, cut)
        let found = try strongroom("audit", "verify", "--checkpoint", "kept", "--json")
        #expect(found.status == 1 && found.lines.first?["kind"] as? String == "tailMissing")
        try strongroom.write(segment, whole)

        try FileManager.default.removeItem(atPath: strongroom.path("store.keyring/kms/audit-anchor"))
        let none = try strongroom("audit", "verify", "--json")
        #expect(none.status == 1 && (none.error?["message"] as? String)?.contains("--checkpoint") == true)
        #expect(try strongroom("audit", "verify", "--checkpoint", "kept").status == 0)
    }

    /// Whoever can write the file can put records behind the last checkpoint, and names into headers.
    @Test("what nobody has signed does not speak to the terminal, nor for two lines, and ends no command")
    func hostile() throws {
        let strongroom = try Strongroom()
        _ = try makeStore(strongroom)
        let bytes = [UInt8](try strongroom.read(segment))
        let count = try strongroom("audit", "show", "--json").lines.count
        let header = try AuditSegmentHeader(bytes)
        var scanner = SegmentScanner(bytes, salt: header.salt)
        var end = scanner.position
        while case .frame = scanner.next() { end = scanner.position }
        var forged = Array(bytes[..<end])
        for record in [
            #"{"eventTime":"2026\n\u001b[2J","eventName":"A  ok\u202e","userIdentity":{"type":"x"},"resources":[],"errorCode":"\u009b1m"}"#,
            "{\"eventTime\":\"2026\",\n\"eventName\":\"B\",\"userIdentity\":{\"type\":\"x\"},\"resources\":[]}",
        ] {
            AuditFrameHeader.append(
                .record, index: UInt64(count), durableEnd: forged.count, salt: header.salt, body: Array(record.utf8),
                to: &forged)
        }
        try strongroom.write(segment, Data(forged))
        let text = try strongroom("audit", "show").output
        #expect(text.split(separator: "\n").count == count + 2)
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || ![.control, .format].contains($0.properties.generalCategory)
            })
        #expect(text.contains(#""A  ok\u{202e}""#))
        let shown = try strongroom("audit", "show", "--json")
        #expect(shown.output.split(separator: "\n").count == count + 1 && shown.lines.count == count + 1)
        #expect(shown.errors.contains("left out"))

        var other = header
        other.origin = "evil\u{1B}[2J"
        try strongroom.write(segment, Data(other.encoded() + bytes.dropFirst(AuditSegmentHeader.regionBytes)))
        let verified = try strongroom("audit", "verify")
        #expect(verified.status == 1 && !(verified.output + verified.errors).contains("\u{1B}"))

        try strongroom.write(segment, Data(bytes))
        try strongroom.write("store.keyring/kms/audit/\(UInt64.max).audit", Data(bytes))
        let missing = try strongroom("audit", "verify", "--json")
        #expect(missing.status == 1 && missing.lines.contains(where: { $0["kind"] as? String == "missing" }))
    }
}
#endif
