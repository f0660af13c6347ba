import StrongroomCrypto
import StrongroomKeys
import Testing

@testable import StrongroomS3Protocol

/// Values that are out of their range, in the grammar that KMS has for all of them.
@Suite("Refusals of the key service: constraints") struct KeyServiceConstraintTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var operation: String
        var members: [String: JSONValue]
        var message: String
        var testDescription: String { "\(operation): \(message)" }
    }

    private static func range(_ operation: String, _ name: String, _ value: Int, _ bound: String) -> Row {
        let member = name.prefix(1).lowercased() + name.dropFirst()
        return Row(
            operation: operation, members: [name: .number("\(value)")],
            message: "1 validation error detected: Value '\(value)' at '\(member)' failed to satisfy constraint: "
                + "Member must have value \(bound)")
    }

    @Test(
        "word for word",
        arguments: [
            range("GenerateDataKey", "NumberOfBytes", 1_025, "less than or equal to 1024"),
            range("GenerateDataKey", "NumberOfBytes", 0, "greater than or equal to 1"),
            range("GenerateDataKey", "NumberOfBytes", -1, "greater than or equal to 1"),
            range("GenerateRandom", "NumberOfBytes", 1_025, "less than or equal to 1024"),
            range("ScheduleKeyDeletion", "PendingWindowInDays", 6, "greater than or equal to 7"),
            range("ScheduleKeyDeletion", "PendingWindowInDays", 31, "less than or equal to 30"),
            range("EnableKeyRotation", "RotationPeriodInDays", 89, "greater than or equal to 90"),
            range("EnableKeyRotation", "RotationPeriodInDays", 2_561, "less than or equal to 2560"),
            range("ListKeys", "Limit", 1_001, "less than or equal to 1000"),
            range("ListResourceTags", "Limit", 0, "greater than or equal to 1"),
            Row(
                operation: "GenerateDataKey", members: ["KeySpec": .string("AES_512")],
                message:
                    "1 validation error detected: Value 'AES_512' at 'keySpec' failed to satisfy constraint: Member "
                    + "must satisfy enum value set: [AES_256, AES_128]"),
            Row(operation: "GenerateRandom", members: [:], message: "NumberOfBytes is required."),
            Row(
                operation: "GenerateDataKey", members: [:],
                message: "Please specify either number of bytes or key spec."),
            Row(
                operation: "Encrypt",
                members: ["Plaintext": .string(PaddedBase64.encode([UInt8](repeating: 1, count: 4_097)))],
                message:
                    "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have "
                    + "length less than or equal to 4096"),
            Row(
                operation: "CreateAlias", members: ["AliasName": .string("photos")],
                message: "Alias must start with the prefix \"alias/\"."),
            Row(
                operation: "DeleteAlias", members: ["AliasName": .string("photos")],
                message: "Alias must start with the prefix \"alias/\"."),
        ])
    func constraints(_ row: Row) async throws {
        let fixture = try await KeyServiceFixture()
        var members = row.members
        switch row.operation {
        case "GenerateRandom", "ListKeys", "DeleteAlias": break
        case "CreateAlias": members["TargetKeyId"] = try await fixture.key()
        default: members["KeyId"] = try await fixture.key()
        }
        let reply = try await fixture.ask(row.operation, members)
        #expect(reply.status == 400 && reply.type == "ValidationException", "\(reply.type ?? "")")
        #expect(reply.message.hasPrefix(row.message), "\(reply.message)")
    }

    @Test("policies of buckets, where there is none or none that is one")
    func bucketPolicies() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.send("PUT", "/data").status == 200)
        let none = try await fixture.send("GET", "/data?policy")
        #expect(none.isRefusal(404, "NoSuchBucketPolicy", "The bucket policy does not exist"), "\(none.text)")
        for (text, message) in [
            ("[]", "Policies must be valid JSON and the first byte must be '{'"),
            ("", "Policies must be valid JSON and the first byte must be '{'"),
            (" {}", "Policies must be valid JSON and the first byte must be '{'"),
            ("{}", "Missing required field Statement"),
            (#"{"Version":"2012-10-17"}"#, "Missing required field Statement"),
        ] {
            let answer = try await fixture.send("PUT", "/data?policy", body: Array(text.utf8))
            #expect(answer.isRefusal(400, "MalformedPolicy", message), "\(text): \(answer.text)")
        }
    }
}
