#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// How long a key is there, what seals with it, and what it is called.
extension KeyCommand {
    struct ScheduleDeletion: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set the day on which a key is destroyed, and all that it has sealed with it.",
            discussion: "Until then nobody can use it, and cancel-deletion takes it back.")

        @OptionGroup var key: FixedKeyArgument
        @Option(help: "How many days it waits, 7 to 30.")
        var days = 30
        @OptionGroup var location: StoreLocation

        func validate() throws {
            if days < 0 { throw ValidationError("--days may be 7 to 30.") }
        }

        func run(on store: Store, _ console: Console) async throws {
            let record: KeyRecord = try await KeyControl(store: store).ask(
                "schedule-key-deletion", ["keyId": key.id, "pendingWindowInDays": days])
            console.emit(KeyLine(record), text: record.text)
        }
    }

    struct CancelDeletion: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the deletion of a key back. It is disabled then: enable it to use it.")

        @OptionGroup var key: FixedKeyArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await key.ask("cancel-key-deletion", store, console)
        }
    }

    struct Rotation: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show when a key gets a new version by itself, or change that.")

        @OptionGroup var key: FixedKeyArgument
        @Option(help: "Rotate it every so many days, 90 to 2560.")
        var every: Int?
        @Flag(help: "Rotate it on demand only.")
        var off = false
        @OptionGroup var location: StoreLocation

        func validate() throws {
            if every != nil && off { throw ValidationError("--every and --off exclude each other.") }
            if let every, every < 0 { throw ValidationError("--every may be 90 to 2560.") }
        }

        func run(on store: Store, _ console: Console) async throws {
            let control = KeyControl(store: store)
            let status: RotationStatusRecord
            if let every {
                status = try await control.ask(
                    "enable-key-rotation", ["keyId": key.id, "rotationPeriodInDays": every])
            } else {
                status = try await control.ask(
                    off ? "disable-key-rotation" : "get-key-rotation-status", ["keyId": key.id])
            }
            console.emit(status, text: status.text)
        }
    }

    struct Tag: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a key's tags, give it some, or take some away. Its policy can ask for them.")

        @OptionGroup var key: FixedKeyArgument
        @Argument(help: "Tags to give, as NAME=VALUE.")
        var tags: [PairArgument] = []
        @Option(name: .customLong("remove"), help: "A tag to take away, by its name.")
        var removed: [String] = []
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let control = KeyControl(store: store)
            let given = try PairArgument.dictionary(tags, of: "the tag")
            if !removed.isEmpty {
                _ = try await control.ask(
                    "untag-key", ["keyId": key.id, "tagKeys": removed], for: [String: String].self)
            }
            if !given.isEmpty {
                _ = try await control.ask("tag-key", ["keyId": key.id, "tags": given], for: [String: String].self)
            }
            let record: KeyTagsRecord = try await control.ask("list-tags", ["keyId": key.id])
            console.emit(
                record,
                text: record.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n"))
        }
    }
}

/// What `key rotation` answers.
struct RotationStatusRecord: Codable, Equatable {
    var keyId: String
    var isAutomatic: Bool
    var rotationPeriodInDays: Int?
    var nextRotationMilliseconds: Int64?

    var text: String {
        guard let rotationPeriodInDays, let nextRotationMilliseconds else { return "\(keyId)  rotates on demand only" }
        return "\(keyId)  rotates every \(rotationPeriodInDays) days, next on \(time(nextRotationMilliseconds))"
    }
}

/// What `key tag` answers.
struct KeyTagsRecord: Codable, Equatable {
    var keyId: String
    var tags: [String: String]
}
#endif
