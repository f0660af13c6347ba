import ArgumentParser

@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom-benchmarks", abstract: "Strongroom against the machine's own limits.",
        subcommands: [
            SmallPuts.self, ModePuts.self, LargeObject.self, Listing.self, Space.self, Opening.self, Policies.self,
            Requests.self,
        ])
}
