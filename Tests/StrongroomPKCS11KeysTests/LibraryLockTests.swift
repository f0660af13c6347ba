import Dispatch
import Testing

@testable import StrongroomKeys
@testable import StrongroomPKCS11Keys

/// Calls that one thread may make at a time, in one library.
@Suite struct LibraryLockTests {
    let token: TestToken
    let library: TokenLibrary

    init() throws {
        token = try TestToken()
        library = try TokenLibrary.load(token.library, sha256: nil)
    }

    @Test func oneThreadAtATimeMakesALibraryReadyOrAsksForSlots() throws {
        DispatchQueue.concurrentPerform(iterations: 400) { [library] number in
            #expect(throws: Never.self) {
                if number.isMultiple(of: 2) { try library.initialize() } else { _ = try library.slots() }
            }
        }
        #expect(try token.overlaps() == 0)
    }

    @Test func aLibraryThatHangsKeepsNobodyFromAnother() throws {
        let other = LibraryLock.of(sha256: [1])
        try #require(LibraryLock.of(token.foreign) !== other)
        #expect(LibraryLock.of(token.foreign) === LibraryLock.of(sha256: token.foreign.sha256))
        // As whoever waits for the other library's answer.
        let slots = try other.withLock { try library.slots() }
        #expect(slots.contains(token.slot))
    }
}
