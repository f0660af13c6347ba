import Glibc
import StrongroomKeys
import StrongroomSystem
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomPKCS11Keys

/// One process at a time changes a token.
@Suite struct TokenTurnTests {
    let token: TestToken

    init() throws { token = try TestToken() }

    @Test func theSecondWaitsForTheFirst() throws {
        let first = try TokenTurn(token.pinFile)
        let second = try TokenTurn(token.pinFile)
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
        let turn = try TokenTurn(token.pinFile)
        let other = try TokenTurn(token.pinFile, patienceSeconds: 0)
        try turn.take()
        try turn.take()
        turn.giveUp()
        #expect(throws: KeyBackendError.self) { try other.take() }
        turn.giveUp()
        try other.take()
        other.giveUp()
    }

    @Test func aProcessThatHangsIsNamedWithTheFile() throws {
        let hanging = try TokenTurn(token.pinFile)
        try hanging.take()
        defer { hanging.giveUp() }
        let error = #expect(throws: KeyBackendError.self) { try TokenTurn(token.pinFile, patienceSeconds: 0).take() }
        #expect(error?.code == .unavailable && error?.message.contains(token.pinFile.string) == true)
    }
}
