import Glibc
import StrongroomKeys
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomPKCS11Keys

/// One process at a time changes a token.
@Suite struct TokenTurnTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    private func turn(patienceSeconds: Int = TokenTurn.patienceSecondsDefault) throws -> TokenTurn {
        try TokenTurn(token.pinFile, patienceSeconds: patienceSeconds, host: ProcessKeyBackendHost.silent)
    }

    @Test func theSecondWaitsForTheFirst() throws {
        let first = try turn()
        let second = try turn()
        let steps = Mutex<[String]>([])
        try first.take()
        let thread = DedicatedThread(name: "second") {
            #expect(throws: Never.self) { try second.take() }
            steps.withLock { $0.append("second") }
            second.giveUp()
        }
        usleep(50_000)
        steps.withLock { $0.append("first") }
        first.giveUp()
        thread.join()
        #expect(steps.withLock { $0 } == ["first", "second"])
    }

    /// Whoever makes a key has the turn, and may have to log in.
    @Test func whoHasTheTurnMayTakeItAgain() throws {
        let own = try turn()
        let other = try turn(patienceSeconds: 0)
        try own.take()
        try own.take()
        own.giveUp()
        #expect(throws: KeyBackendError.self) { try other.take() }
        own.giveUp()
        try other.take()
        other.giveUp()
    }

    /// Editors replace a file by another, and whoever opens it later locks that one.
    @Test func theFileThatIsThereCounts() throws {
        let early = try turn(patienceSeconds: 0)
        let replaced = FilePath(token.pinFile.string + ".new")
        try TestFile.write("1234\n".utf8, to: replaced)
        // Safe: the names are copied for the length of the call.
        #expect(unsafe rename(replaced.string, token.pinFile.string) == 0)
        let late = try turn(patienceSeconds: 0)
        try late.take()
        #expect(throws: KeyBackendError.self) { try early.take() }
        late.giveUp()
        try early.take()
        #expect(throws: KeyBackendError.self) { try late.take() }
        early.giveUp()
        // Whoever removes it after the start keeps nobody from the token.
        // Safe: as above.
        #expect(unsafe unlink(token.pinFile.string) == 0)
        try early.take()
        early.giveUp()
    }

    @Test func aProcessThatHangsIsNamedWithTheFile() throws {
        let hanging = try turn()
        try hanging.take()
        defer { hanging.giveUp() }
        let error = #expect(throws: KeyBackendError.self) { try turn(patienceSeconds: 0).take() }
        #expect(error?.code == .unavailable && error?.message.contains(token.pinFile.string) == true)
    }
}
