import Strongroom

@testable import StrongroomS3Protocol

/// Roles, and sessions of them, on the token service's store.
extension TokenServiceFixture {
    static let account = "arn:aws:iam::000000000000:root"

    static func userARN(_ name: String) -> String { "arn:aws:iam::000000000000:user/\(name)" }

    static func roleARN(_ name: String) -> String { "arn:aws:iam::000000000000:role/\(name)" }

    static func sessionARN(_ role: String, _ session: String = "s1") -> String {
        "arn:aws:sts::000000000000:assumed-role/\(role)/\(session)"
    }

    static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
    }

    static func statement(
        _ effect: String = "Allow", _ actions: String = "*", on resource: String = "*", condition: String = ""
    ) -> String {
        let condition = condition.isEmpty ? "" : #","Condition":{\#(condition)}"#
        return #"{"Effect":"\#(effect)","Action":"\#(actions)","Resource":"\#(resource)"\#(condition)}"#
    }

    /// Of a policy that belongs to something: whom it is about.
    static func statement(
        _ effect: String = "Allow", _ actions: String = "sts:AssumeRole", principal: String, on resource: String? = nil,
        condition: String = ""
    ) -> String {
        let condition = condition.isEmpty ? "" : #","Condition":{\#(condition)}"#
        let resource = resource.map { #","Resource":"\#($0)""# } ?? ""
        return
            #"{"Effect":"\#(effect)","Principal":{"AWS":"\#(principal)"},"Action":"\#(actions)"\#(resource)\#(condition)}"#
    }

    /// A role with a policy of its own, or with none.
    func role(_ name: String, trusts statements: String..., policy: String? = nil, seconds: Int = 3_600) async throws {
        let trust = #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
        try await s3.store.createRole(named: name, trustPolicy: trust, maximumSessionSeconds: seconds)
        if let policy { try await s3.store.setRolePolicy(policy, named: "own", of: name) }
    }

    func askToAssume(
        _ role: String, _ parameters: [(name: String, value: String)] = [], as signer: S3Fixture.Signer,
        session: String = "s1"
    ) async throws -> S3Fixture.Response {
        let all = [(name: "RoleArn", value: Self.roleARN(role)), (name: "RoleSessionName", value: session)]
        return try await ask("AssumeRole", all + parameters, as: signer)
    }

    func assume(
        _ role: String, _ parameters: [(name: String, value: String)] = [], as signer: S3Fixture.Signer,
        session: String = "s1"
    ) async throws -> S3Fixture.Signer {
        try Self.signer(try await askToAssume(role, parameters, as: signer, session: session))
    }
}
