#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct ClockCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "Show whether locks expire in time, or say that the machine's clock is right.",
        discussion: """
            A store that was closed for long cannot tell a clock that is right from one that was set forward, and then \
            no retention ends. Look at the clock before you confirm it: what ends by it has ended for good.
            """)

    @Flag(help: "The machine's clock is right: let locks expire by it.")
    var confirm = false
    @OptionGroup var location: StoreLocation

    private struct Record: Encodable {
        var confirmed: Bool
    }

    func run(on store: Store, _ console: Console) async throws {
        if confirm { try await store.confirmClock() }
        let isConfirmed = store.isClockConfirmed
        console.emit(
            Record(confirmed: isConfirmed),
            text: isConfirmed ? "locks expire in time" : "locks do not expire until the clock is confirmed: --confirm")
    }
}
#endif
