#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// Which key is meant.
struct KeyArgument: ParsableArguments {
    @Argument(help: "The key's id, alias or ARN.")
    var id: String

    func ask(_ operation: String, _ store: Store, _ console: Console) async throws {
        try await KeyControl(store: store).emitKey(operation, id, console)
    }
}

/// Which key is meant where an alias will not do: it may name another key by tomorrow.
struct FixedKeyArgument: ParsableArguments {
    @Argument(help: "The key's id or ARN; an alias is refused, for it may move.")
    var id: String

    func ask(_ operation: String, _ store: Store, _ console: Console) async throws {
        try await KeyControl(store: store).emitKey(operation, id, console)
    }
}

extension KeyControl {
    fileprivate func emitKey(_ operation: String, _ id: String, _ console: Console) async throws {
        let key: KeyRecord = try await ask(operation, ["keyId": id])
        console.emit(KeyLine(key), text: key.text)
    }
}

/// Which name is meant.
struct AliasArgument: ParsableArguments {
    private static let prefix = "alias/"
    private static let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/_-".utf8)

    @Argument(help: "The name: alias/ and what you like, but alias/aws/.")
    var name: String

    func ask(_ operation: String, _ key: FixedKeyArgument, _ store: Store, _ console: Console) async throws {
        let alias: AliasRecord = try await KeyControl(store: store).ask(
            operation, ["aliasName": name, "targetKeyId": key.id])
        console.emit(alias, text: alias.text)
    }

    /// - Throws: wrong usage for what no key service takes for the name of an alias.
    static func check(_ name: String) throws {
        let size = name.utf8.count
        guard name.hasPrefix(prefix), size > prefix.utf8.count, size <= 256, name.utf8.allSatisfy(allowed.contains),
            !name.hasPrefix("alias/aws/")
        else {
            throw ValidationError(
                "\(quoted(name)) is no name of an alias; give alias/ and letters, digits, ':', '/', '_' or '-', such as "
                    + "alias/app, but nothing behind alias/aws/.")
        }
    }
}
#endif
