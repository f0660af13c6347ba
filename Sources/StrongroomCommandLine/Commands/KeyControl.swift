#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom
internal import StrongroomSystem

/// What an administrator asks of the key service, in the words of `KMSKeys`.
struct KeyControl {
    let store: Store

    /// Members that are nil are left out.
    func ask<Answer: Decodable>(
        _ operation: String, _ members: [String: (any Encodable)?] = [:], for: Answer.Type = Answer.self
    ) async throws -> Answer {
        var request = members.compactMapValues { $0.map(Member.init) }
        request["operation"] = Member(value: operation)
        let answer = try await store.controlKeyService(JSONLines.encode(request))
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(answer))
        } catch {
            throw CommandFailure(
                .moduleFailed,
                "the key service answered \(quoted(operation)) in a way that this command does not know; use the two in the same "
                    + "version: \(error)")
        }
    }

    /// All of a list, page by page.
    func list<Page: KeyPage>(
        _ operation: String, _ members: [String: (any Encodable)?] = [:], as: Page.Type
    ) async throws -> [Page.Item] {
        var items: [Page.Item] = []
        var marker: String?
        repeat {
            let page: Page = try await ask(operation, members.merging(["marker": marker]) { _, new in new })
            items += page.items
            marker = page.nextMarker
        } while marker != nil
        return items
    }

    /// Before a key is made for an alias: who fails afterwards has a key without a name, and another one with each
    /// attempt.
    ///
    /// - Throws: where a key has it.
    func checkNobodyHas(_ alias: String) async throws {
        do {
            let key: KeyRecord = try await ask("describe-key", ["keyId": alias])
            throw StoreError(
                .invalidRequest,
                "The alias \(quoted(alias)) exists already, and names the key \(key.keyId); choose another name, or "
                    + "have it name another key with `key alias update`.")
        } catch let error as StoreError where error.code == .keyNotFound {
            // It is free.
        }
    }

    /// A text, a number, a list or an object.
    private struct Member: Encodable {
        let value: any Encodable

        func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    }
}

protocol KeyPage: Decodable {
    associatedtype Item: Decodable
    var items: [Item] { get }
    var nextMarker: String? { get }
}

/// A line of `key list`, and what the other commands answer. A service elsewhere may not tell all of it.
struct KeyRecord: Codable, Equatable {
    /// The ARN.
    var keyId: String
    var id: String
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, or what a key in several regions can be. Like what
    /// follows, nil where the service does not say.
    var state: String?
    /// `customer`, or `service` for the key that the service made itself.
    var manager: String?
    /// `AWS_KMS`, or `EXTERNAL` for imported material.
    var origin: String?
    var description: String?
    var createdMilliseconds: Int64?
    /// Nil while material is waited for.
    var currentVersion: String?
    /// Imported material that the next rotation will have seal.
    var pendingVersion: String?
    var versionCount: Int?
    /// When it is destroyed; nil unless that is pending.
    var deletionMilliseconds: Int64?
    /// When imported material is deleted; nil where it stays.
    var expiryMilliseconds: Int64?
    /// How long it waits once its last replica is gone; nil unless it waits for that.
    var pendingDeletionWindowInDays: Int?
    /// Nil where it is of one region.
    var multiRegion: MultiRegion?

    struct MultiRegion: Codable, Equatable {
        /// `PRIMARY` or `REPLICA`.
        var keyType: String
        var primaryKeyId: String
        var replicaKeyIds: [String]
    }

    struct Page: KeyPage {
        var keys: [KeyRecord]
        var nextMarker: String?
        var items: [KeyRecord] { keys }
    }

    var text: String {
        let words = description.flatMap { $0.isEmpty ? nil : quoted($0) }
        let end = deletionMilliseconds.map { "destroyed on \(time($0))" }
        let expiry = expiryMilliseconds.map { "material until \(time($0))" }
        let versions = versionCount.map { $0 == 1 ? "1 version" : "\($0) versions" }
        return [keyId, state, multiRegion?.keyType.lowercased(), versions, end, expiry, words].compactMap { $0 }.joined(
            separator: "  ")
    }
}

/// A key as the commands print it: scripts that know the AWS command line look for `arn`.
struct KeyLine: Encodable {
    private enum CodingKeys: CodingKey { case arn }

    let key: KeyRecord

    init(_ key: KeyRecord) { self.key = key }

    func encode(to encoder: any Encoder) throws {
        try key.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key.keyId, forKey: .arn)
    }
}

/// A time since 1970 as people read it.
func time(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
}

/// A line of `key rotations`.
struct RotationRecord: Codable, Equatable {
    /// Like what follows, nil where the service does not say.
    var version: String?
    var createdMilliseconds: Int64?
    /// `CREATION`, `ON_DEMAND`, `AUTOMATIC` or `IMPORT`.
    var cause: String?
    var isCurrent: Bool?
    /// `CURRENT`, `NON_CURRENT` or `PENDING_ROTATION`.
    var state: String?
    /// When it began to seal; nil for the first one.
    var rotatedMilliseconds: Int64?
    /// `IMPORTED` or `PENDING_IMPORT`; nil unless it was imported.
    var importState: String?
    /// When imported material is deleted; nil where it stays.
    var expiryMilliseconds: Int64?
    /// Objects whose data keys it wraps, itself or by way of a Bucket Key; absent while nobody knows.
    var objects: UInt64?
    var bytes: UInt64?

    mutating func count(_ usage: KeyUsage?) {
        guard let usage, let version else { return }
        let own = usage.buckets.flatMap(\.versions).filter { $0.keyVersion == version }
        objects = own.saturatedTotal(\.objectCount)
        bytes = own.saturatedTotal(\.bytes)
    }

    var text: String {
        let cause = cause.map { " (\($0.lowercased()))" } ?? ""
        let words = [
            version, createdMilliseconds.map { "made \(time($0))\(cause)" }, isCurrent == true ? "seals" : nil,
            state == "PENDING_ROTATION" ? "waits for a rotation" : nil,
            importState == "PENDING_IMPORT" ? "is missing" : nil,
            expiryMilliseconds.map { "until \(time($0))" }, objects.map { "\(HumanUnits.count($0)) objects" },
        ]
        return words.compactMap(\.self).joined(separator: "  ")
    }

    struct Page: KeyPage {
        var rotations: [RotationRecord]
        var nextMarker: String?
        var items: [RotationRecord] { rotations }
    }
}

/// A line of `key alias list`.
struct AliasRecord: Codable, Equatable {
    var aliasName: String
    var aliasArn: String?
    var targetKeyId: String?
    var createdMilliseconds: Int64?
    var updatedMilliseconds: Int64?

    struct Page: KeyPage {
        var aliases: [AliasRecord]
        var nextMarker: String?
        var items: [AliasRecord] { aliases }
    }

    var text: String { [aliasName, targetKeyId].compactMap { $0 }.joined(separator: "  ") }
}
#endif
