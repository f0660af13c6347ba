#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

/// What an administrator asks of the key service, in the words of `KMSKeys`.
struct KeyControl {
    let store: Store

    func ask<Answer: Decodable>(
        _ operation: String, _ members: [String: String?] = [:], for: Answer.Type = Answer.self
    ) async throws -> Answer {
        var request = members.compactMapValues { $0 }
        request["operation"] = operation
        let answer = try await store.controlKeyService(JSONLines.encode(request))
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(answer))
        } catch {
            throw CommandFailure(
                .moduleFailed,
                "the key service answered \(quoted(operation)) in a way that this command does not know: \(error)")
        }
    }

    /// All of a list, page by page.
    func list<Page: KeyPage>(_ operation: String, _ members: [String: String?] = [:], as: Page.Type) async throws
        -> [Page.Item]
    {
        var items: [Page.Item] = []
        var marker: String?
        repeat {
            let page: Page = try await ask(operation, members.merging(["marker": marker]) { _, new in new })
            items += page.items
            marker = page.nextMarker
        } while marker != nil
        return items
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
    /// `Enabled` or `Disabled`.
    var state: String?
    /// `customer`, or `service` for the key that the service made itself.
    var manager: String?
    var description: String?
    var createdMilliseconds: Int64?
    var currentVersion: String?
    var versionCount: Int?

    struct Page: KeyPage {
        var keys: [KeyRecord]
        var nextMarker: String?
        var items: [KeyRecord] { keys }
    }

    var text: String {
        let versions = versionCount.map { $0 == 1 ? "1 version" : "\($0) versions" }
        let words = description.flatMap { $0.isEmpty ? nil : quoted($0) }
        return [keyId, state, versions, words].compactMap { $0 }.joined(separator: "  ")
    }
}

/// A line of `key rotations`.
struct RotationRecord: Codable, Equatable {
    var version: String?
    var createdMilliseconds: Int64?
    var isCurrent: Bool?

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
