import Foundation
import StrongroomSimulation
import Testing

@testable import StrongroomAudit

@Suite("Audit records") struct RecordTests {
    private func record() -> AuditRecord {
        AuditRecord(
            identity: AuditIdentity(type: "Root", arn: "arn:aws:iam::000000000000:root", accountID: "000000000000"),
            eventMilliseconds: 1_795_795_402_999, eventSource: "kms.amazonaws.com", eventName: "Decrypt",
            region: "us-east-1", requestID: "r", eventID: "e", isReadOnly: true, recipientAccountID: "000000000000")
    }

    private func members(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("a record is one line of JSON in CloudTrail's words, its names in order")
    func shape() throws {
        var record = record()
        record.requestParameters = [
            .init("keyId", .text("k")), .init("encryptionContext", .members([.init("a", .text("b"))])),
        ]
        record.resources = [AuditResource(arn: "arn:x", accountID: "000000000000", type: "AWS::KMS::Key")]
        record.errorCode = "AccessDenied"
        record.transportLayerSecurityVersion = "1.3"
        let text = String(decoding: record.encoded(), as: UTF8.self)
        #expect(
            text == #"{"awsRegion":"us-east-1","errorCode":"AccessDenied","eventCategory":"Management","eventID":"e","#
                + #""eventName":"Decrypt","eventSource":"kms.amazonaws.com","eventTime":"2026-11-27T16:03:22Z","#
                + #""eventType":"AwsApiCall","eventVersion":"1.11","managementEvent":true,"readOnly":true,"#
                + #""recipientAccountId":"000000000000","requestID":"r","requestParameters":{"encryptionContext":{"a":"b"},"#
                + #""keyId":"k"},"resources":[{"ARN":"arn:x","accountId":"000000000000","type":"AWS::KMS::Key"}],"#
                + #""responseElements":null,"sourceIPAddress":"internal","tlsDetails":{"tlsVersion":"1.3"},"#
                + #""userIdentity":{"accountId":"000000000000","arn":"arn:aws:iam::000000000000:root","type":"Root"}}"#)
    }

    @Test("whatever stands in a name, the record is one line, readable, and says the name")
    func hostileNames() throws {
        for value in 0..<0x3000 as Range<UInt32> {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let name = "a\(scalar)b"
            var record = record()
            record.requestParameters = [.init(name, .text(name))]
            let bytes = record.encoded()
            let found = try members(bytes)["requestParameters"] as? [String: String]
            #expect(found?.values.first.map { Array($0.utf8) } == Array(name.utf8), "U+\(String(value, radix: 16))")
            #expect(!bytes.contains { $0 < 0x20 || $0 == 0x7F })
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
        for invisible in ["\u{202E}", "\u{2066}", "\u{200B}", "\u{2028}", "\u{FEFF}", "\u{1B}[2J", "\u{9B}"] {
            var record = record()
            record.errorMessage = invisible
            #expect(!String(decoding: record.encoded(), as: UTF8.self).contains(invisible))
        }
    }

    @Test("a record is never too large, and says what was cut")
    func sizes() throws {
        var generator = SeededGenerator(seed: 1)
        for size in [0, 4095, 4096, 4097, 70_000, 1_000_000] {
            var record = record()
            let text = String(repeating: "\u{7}", count: size)
            record.requestParameters = [.init("policy", .text(text))]
            let parameters = try #require(try members(record.encoded())["requestParameters"] as? [String: String])
            let found = try #require(parameters["policy"])
            #expect(found.hasPrefix(String(repeating: "\u{7}", count: min(size, 4096))))
            #expect(found.contains("[cut: \(size - 4096) bytes]") == (size > 4096))
        }
        for _ in 0..<40 {
            var record = record()
            record.requestParameters = (0..<Int.random(in: 0...400, using: &generator)).map { number in
                .init(
                    "\(number)", .text(String(repeating: "\u{1B}", count: Int.random(in: 0...6000, using: &generator))))
            }
            record.resources = Array(
                repeating: AuditResource(arn: String(repeating: "\"", count: 5000), accountID: "0", type: "t"),
                count: Int.random(in: 0...200, using: &generator))
            record.errorMessage = String(repeating: "é", count: 9000)
            let bytes = record.encoded()
            #expect(bytes.count <= AuditRecord.sizeBytesMax)
            #expect(try members(bytes)["eventName"] as? String == "Decrypt")
            #expect(bytes == record.encoded())
        }
    }

    @Test("times are those of the calendar")
    func times() throws {
        var generator = SeededGenerator(seed: 2)
        let formatter = ISO8601DateFormatter()
        let moments: [Int64] = [0, -1, 999, 951_782_400_000, 1_709_164_800_000, 4_107_542_400_000]
        for moment in moments + (0..<300).map({ _ in Int64.random(in: 0...7_000_000_000_000, using: &generator) }) {
            let seconds = Double(moment) / 1000
            let date = Date(timeIntervalSince1970: seconds.rounded(.down))
            #expect(AuditTime.text(milliseconds: moment) == formatter.string(from: date))
        }
        #expect(AuditTime.text(milliseconds: .max) == "9999-12-31T23:59:59Z")
        #expect(AuditTime.text(milliseconds: .min) == "0000-01-01T00:00:00Z")
    }
}
