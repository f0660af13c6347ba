#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import StrongroomKeys
internal import SystemPackage

struct ModuleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "module", abstract: "Key-backend modules: list, check and pin them.",
        subcommands: [List.self, ModuleCheckCommand.self, Pin.self, Unpin.self, ModuleCheckChild.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the modules that are pinned, and whether each could be loaded.",
            discussion:
                "Loads each module, as opening a store with it would; one that is not what was pinned is not run.")

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let console = output.console
            let pins = try await Offload.run { () throws(CommandFailure) in try ModulePins.load() }
            var refused = 0
            for pin in pins.modules {
                let record = await ModuleRecord(loading: pin)
                if !record.trusted { refused += 1 }
                console.emit(record, text: record.text)
            }
            if pins.modules.isEmpty { console.say("no module is pinned; stores open with the key backend built in") }
            if refused > 0 {
                throw CommandFailure(
                    .untrustedModule,
                    "\(refused) of \(pins.modules.count) pinned modules cannot be loaded; each says why above. Pin "
                        + "those that were exchanged on purpose anew, and take the pins of others away: module unpin")
            }
        }
    }

    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Trust a module as it is now, and no other content under its name.",
            discussion: """
                A module is code that runs in this program with all its rights. Pin what you would run. What is no \
                shared library is refused; nothing of it is run here.
                """)

        @Argument(help: "The module's file.")
        var path: String
        @OptionGroup var output: OutputOptions

        private struct Record: Encodable {
            var path: String
            var sha256: String
            var list: String
        }

        func run() async throws {
            let (module, list) = try await Offload.run { [path] () throws(CommandFailure) in
                let absolute = try ModuleChoice.absolute(Surroundings.current.path(path))
                let module = TrustedModule(path: absolute, sha256: try ModulePins.digest(of: absolute))
                let list = try ModulePins.ownList()
                try ModulePins.add(module, to: list)
                return (module, list)
            }
            let digest = Hexadecimal.encode(module.sha256)
            output.console.emit(
                Record(path: module.path.string, sha256: digest, list: list.string),
                text: "pinned \(quoted(module.path.string))\n\(digest)\nin \(quoted(list.string))")
        }
    }

    struct Unpin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Trust a module no more: it is not loaded any more, and its file stays.",
            discussion: "Only what you have pinned yourself, and not what came with the program.")

        @Argument(help: "The module's file, which may be gone.")
        var path: String
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let (module, list, isStillPinned) = try await Offload.run { [path] () throws(CommandFailure) in
                let absolute = try ModuleChoice.absolute(Surroundings.current.path(path))
                let list = try ModulePins.ownList()
                try ModulePins.remove(absolute, from: list)
                return (absolute, list, try ModulePins.load().pin(of: absolute) != nil)
            }
            output.console.emit(
                ["path": module.string, "list": list.string],
                text: "unpinned \(quoted(module.string))\nin \(quoted(list.string))")
            if isStillPinned { output.console.warn("it is still pinned in strongroom.modules, beside the program") }
        }
    }
}

/// What is known of a pinned module after an attempt to load it.
struct ModuleRecord: Encodable, Sendable {
    var path: String
    var sha256: String
    var trusted: Bool
    var name: String?
    var version: String?
    var abi: String?
    /// Why it is not loaded.
    var problem: String?

    init(loading pin: TrustedModule) async {
        path = pin.path.string
        sha256 = Hexadecimal.encode(pin.sha256)
        do {
            let module = try await Offload.run { () throws(CommandFailure) in
                do throws(KeyBackendError) {
                    return try KeyModule.load(pin)
                } catch {
                    throw CommandFailure(.untrustedModule, error.message)
                }
            }
            trusted = true
            name = module.table.name
            version = module.table.version
            abi = "\(ModulePins.abiMajor).\(module.table.abiMinor)"
        } catch {
            trusted = false
            problem = error.message
        }
    }

    var text: String {
        let what = name.map { "\($0) \(version ?? "")  ABI \(abi ?? "")" } ?? "REFUSED: \(problem ?? "")"
        return "\(quoted(path))\n  SHA-256 \(sha256)\n  \(what)"
    }
}
#endif
