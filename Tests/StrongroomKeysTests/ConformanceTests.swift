import StrongroomKeys
import StrongroomSystem
import SystemPackage
import Testing

/// Every good module passes every check; every broken one fails the check for what it breaks.
@Suite struct ConformanceTests {
    /// Supervising blocks, some of it for seconds: not on the threads that run all other tests.
    private static let threads = IOThreadPool(threadCount: 6, name: "conformance")

    private func check(
        _ build: @escaping @Sendable () throws -> FilePath
    ) async throws -> [KeyModuleConformance.CheckResult] {
        try await Self.threads.run {
            try KeyModuleConformance.supervise(
                executable: ModuleBuilder.harness, arguments: [], module: try build(), timeoutSeconds: 60)
        }
    }

    @Test func theSampleInCPasses() async throws {
        let results = try await check { try ModuleBuilder.sample() }
        #expect(results.count == 19)
        #expect(results.filter { !$0.passed } == [])
    }

    private static let swiftModules = ["S3ManagedKeys", "CustomerKeys", "GlacierKeys", "KMSKeys"]

    @Test(
        .enabled(
            if: swiftModules.allSatisfy { ModuleBuilder.swiftModule($0) != nil }, "build them with: make modules"),
        arguments: swiftModules)
    func theSwiftModulesPass(_ name: String) async throws {
        let results = try await check { try #require(ModuleBuilder.swiftModule(name)) }
        #expect(results.count == 19)
        #expect(results.filter { !$0.passed } == [])
    }

    @Test(arguments: [
        ("wrong_magic", "has a table of this version", "magic"),
        ("wrong_major", "has a table of this version", "version 2"),
        ("short_table", "has a table of this version", "96 bytes"),
        ("null_function", "has a table of this version", "missing"),
        ("no_table", "has a table of this version", "no table"),
        ("no_entry", "has a table of this version", "strongroom_key_backend_v1"),
        ("short_key", "generates new keys", "16 bytes"),
        ("zero_key", "generates new keys", "zeros"),
        ("same_key", "generates new keys", "twice"),
        ("huge_blob", "generates new keys", "8192"),
        ("plain_blob", "generates new keys", "plaintext"),
        ("hangs", "generates new keys", "in time"),
        ("answers_late", "generates new keys", "in time"),
        ("unwraps_other_key", "unwrap returns the key", "another data key"),
        ("other_key_id", "unwrap returns the key", "sample/other"),
        ("unwraps_anything", "damaged wrapped keys are refused", "accepted"),
        ("ignores_context", "binds the context if it says so", "accepted"),
        ("rewraps_other_key", "rewrap keeps the key", "another data key"),
        ("ignores_room", "asks for room that is missing", "E_BUFFER"),
        ("racy", "serves 64 threads", "another call's key"),
        ("control_not_json", "control answers JSON", "JSON"),
        ("unknown_status", "describes its key", "4711"),
        ("blocks", "describes its key", "in time"),
        ("hangs_in_close", "closes", "in time"),
        ("completes_twice", "completes exactly once", "times"),
        ("crashes", "describes its key", "signal 6"),
        ("crashes_in_open", "opens", "the process ended"),
    ])
    func aBrokenModuleFailsTheRightCheck(_ module: String, _ name: String, _ reason: String) async throws {
        let results = try await check { try ModuleBuilder.broken(module) }
        let failure = try #require(results.first { $0.name == name }?.failure, "\(results)")
        #expect(failure.contains(reason))
    }

    @Test func aSupervisedProcessThatHangsIsEnded() async throws {
        // It says nothing of what it checks, so there is no check that could have failed.
        let error = await #expect(throws: KeyBackendError.self) {
            _ = try await Self.threads.run {
                try KeyModuleConformance.supervise(
                    executable: "/usr/bin/tail", arguments: ["-f", "/dev/null"], module: "/dev/null", timeoutSeconds: 1)
            }
        }
        #expect(error?.message.contains("hangs") == true)
    }
}
