import Testing

@testable import Strongroom

/// Calls of a store's users, before each change of whose disk power is made to fail.
struct EngineCrashScenario: Sendable, CustomTestStringConvertible {
    typealias Call = @Sendable (SimulatedEngine) async throws -> Void

    let name: String
    /// Whether a call is one commit: then all of it is there or nothing.
    var isAtomic = true
    let prepare: Call
    let calls: [Call]
    /// What is done with the store that is found.
    var goOn: Call = { _ in }

    var testDescription: String { name }

    init(
        _ name: String, isAtomic: Bool = true, after prepare: @escaping Call = EngineCrashScenario.withBucket,
        _ calls: Call...
    ) {
        self.name = name
        self.isAtomic = isAtomic
        self.prepare = prepare
        self.calls = calls
    }

    /// The same, and afterwards that.
    func goingOn(_ goOn: @escaping Call) -> EngineCrashScenario {
        var scenario = self
        scenario.goOn = goOn
        return scenario
    }

    static let withBucket: Call = { _ = try await $0.store.createBucket("bucket") }

    static let withVersions: Call = { engine in
        let bucket = try await engine.store.createBucket("bucket", versioning: .enabled)
        for number in 0..<3 { try await bucket.put("a", [UInt8(number)]) }
    }

    static let withObjects: Call = { engine in
        let bucket = try await engine.store.createBucket("bucket")
        for (number, length) in [0, 100, 3000, 20_000].enumerated() {
            try await bucket.put(ObjectKey("object \(number)"), body(length), options: options)
        }
    }

    static var options: PutOptions {
        PutOptions(contentType: "text/plain", metadata: ["a": "b"], tags: ["tag": "value"])
    }

    static func body(_ length: Int, _ seed: UInt8 = 1) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: $0) ^ seed }
    }

    static let all = buckets + objects + versions + uploads + keys + users + lifecycle
}
