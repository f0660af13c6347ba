import Foundation
import StrongroomSimulation
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

/// Anchors that go with a counter outside, which a program keeps in a file here.
@Suite("Counters of anchors")
struct AnchorCounterTests {
    private let directory: TemporaryDirectory
    private let program: FilePath
    private let value: FilePath
    private var options = StoreOptions.forTests

    init() throws {
        directory = try TemporaryDirectory()
        (program, value) = (directory.path.appending("counter"), directory.path.appending("counter.value"))
        try directory.write(Array("41\n".utf8), to: value)
        try Self.write(
            """
            read value < '\(value)'
            if [ "$1" = advance ]; then value=$((value + 1)); echo $value > '\(value)'; fi
            echo $value
            """, to: program, in: directory)
        options.anchorCounter = program
    }

    private static func write(_ script: String, to path: FilePath, in directory: TemporaryDirectory) throws {
        let text = path.removingLastComponent().appending("\(path.lastComponent?.string ?? "program").text")
        try directory.write(Array("#!/bin/sh\n\(script)\n".utf8), to: text)
        // By a process of its own: what this one writes, a child that another test starts just then holds open for
        // writing, and the system refuses to run it.
        let copy = try Process.run(
            URL(filePath: "/bin/cp"), arguments: ["--remove-destination", text.string, path.string])
        copy.waitUntilExit()
        try #require(copy.terminationStatus == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path.string)
    }

    private func counted() throws -> Int {
        let text = String(decoding: try directory.contents(of: value), as: UTF8.self)
        return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private func turn(to number: Int) throws { try directory.write(Array("\(number)\n".utf8), to: value) }

    private func put(_ keys: [String], withCounter: Bool = true) async throws {
        var options = options
        if !withCounter { options.anchorCounter = nil }
        let store = try await Store.open(at: directory.store, options: options)
        if try await store.listBuckets().isEmpty { try await store.createBucket("bucket") }
        for key in keys { try await store.bucket("bucket").put(ObjectKey(key), Array(key.utf8)) }
        try await store.close()
    }

    private func openingCode(accepting: Bool = false, withCounter: Bool = true) async throws -> StoreError.Code? {
        var options = options
        if accepting { options.whenRolledBack = .accept }
        if !withCounter { options.anchorCounter = nil }
        return try await errorCode { try await Store.open(at: directory.store, options: options).close() }
    }

    /// All that can be copied: the store and its keyring.
    private func copyAll(_ from: String, to: String) throws {
        for suffix in ["", ".keyring"] {
            let (source, target) = ("\(directory.path)/\(from)\(suffix)", "\(directory.path)/\(to)\(suffix)")
            try? FileManager.default.removeItem(atPath: target)
            try FileManager.default.copyItem(atPath: source, toPath: target)
        }
    }

    @Test("6: store and keyring together, put back to what they were, are refused; without a counter they are not")
    func everythingPutBack() async throws {
        try await put(["a"])
        try copyAll("store", to: "older")
        try await put(["b"])
        let last = try counted()
        try copyAll("older", to: "store")
        #expect(try await openingCode() == .rolledBack)
        #expect(try await openingCode() == .rolledBack)
        #expect(try counted() == last)
        #expect(try await openingCode(accepting: true) == nil)
        #expect(try await openingCode() == nil)
        // The control.
        #expect(try await openingCode(accepting: true, withCounter: false) == nil)
        try copyAll("store", to: "older")
        try await put(["c"], withCounter: false)
        try copyAll("older", to: "store")
        #expect(try await openingCode(withCounter: false) == nil)
    }

    /// A process that was killed has not taken the step of a closing.
    @Test func whatARunningStoreLeavesOpensUntilTheNextStep() async throws {
        let store = try await Store.open(at: directory.store, options: options)
        try await store.createBucket("bucket")
        // The journal makes its next segment ready meanwhile, and renames it: a copy that misses it is made again.
        var attempts = 0
        while true {
            do {
                try copyAll("store", to: "killed")
                break
            } catch CocoaError.fileNoSuchFile where attempts < 1_000 {
                attempts += 1
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        let value = try counted()
        try await store.close()
        #expect(try counted() > value)
        try copyAll("killed", to: "store")
        #expect(try await openingCode() == .rolledBack)
        try copyAll("killed", to: "store")
        try turn(to: value)
        #expect(try await openingCode() == nil)
        try copyAll("killed", to: "store")
        #expect(try await openingCode() == .rolledBack)
    }

    /// The anchors are written before the step is taken. What was copied then does not pass for longer than others.
    @Test func whoDiesBeforeTheStepIsOneAhead() async throws {
        try await put(["a"])
        try copyAll("store", to: "last")
        let value = try counted()
        for (behind, code) in [(0, nil), (1, nil), (2, StoreError.Code.rolledBack)] {
            try copyAll("last", to: "store")
            try turn(to: value - behind)
            #expect(try await openingCode() == code, "\(behind)")
            #expect(try counted() > value || code != nil)
            try copyAll("last", to: "store")
            #expect(try await openingCode() == .rolledBack)
        }
    }

    /// The story: what the counter said was believed to be unchanged where an answer got lost. The anchors went back to
    /// the value before, each checkpoint took another step, and the store was refused in the end.
    @Test func anAnswerThatGotLostIsMadeUpFor() async throws {
        try await put(["a"])
        let lost = directory.path.appending("lost")
        try Self.write(
            """
            read value < '\(value)'
            if [ "$1" = advance ]; then value=$((value + 1)); echo $value > '\(value)'; fi
            if [ "$1" = advance ] && [ ! -e '\(lost)' ]; then touch '\(lost)'; exit 1; fi
            echo $value
            """, to: program, in: directory)
        #expect(try await openingCode() == .anchorUnavailable)
        #expect(try await openingCode() == nil)

        let clock = ManualClock()
        let counter = AnchorCounter(CounterProgram(program), clock)
        let before = try counter.begin()
        try FileManager.default.removeItem(atPath: lost.string)
        #expect(throws: StorageError.self) { try counter.step { _ in } }
        // Not at once: what fails again and again would wear the memory.
        #expect(counter.said == before + 1 && counter.failure != nil && !counter.isDue)
        try counter.step { #expect($0 == before + 1) }
        #expect(counter.said == before + 1 && counter.failure == nil)
        #expect(try counted() == Int(before) + 1)
    }

    /// The story: every place had to have the last anchor, so a store that was opened once without naming one, or while
    /// its disk was away, was refused from then on.
    @Test func aPlaceThatWasAwayIsBehindAndCatchesUp() async throws {
        let outside = directory.path.appending("anchor.json")
        var both = options
        both.anchor = outside
        try await Store.open(at: directory.store, options: both).close()
        let behind = try directory.contents(of: outside)
        try await put(["a"])
        #expect(try directory.contents(of: outside) == behind)
        try await Store.open(at: directory.store, options: both).close()
        let inKeyring = try directory.files(below: directory.keyring).first { $0.string.contains("/anchor-") }
        #expect(try directory.contents(of: outside) == directory.contents(of: #require(inKeyring)))
        // The same of the other place, if that one is last.
        try copyAll("store", to: "older")
        try await Store.open(at: directory.store, options: both).close()
        try copyAll("older", to: "store")
        #expect(try await openingCode() == .rolledBack)
        #expect(try await errorCode { try await Store.open(at: directory.store, options: both).close() } == nil)
    }

    /// The story: a store without a commit passed without an anchor, and what somebody has emptied has none.
    @Test func onlyAStoreThatIsBeingMadeNeedsNoAnchor() async throws {
        try await Store.open(at: directory.store, options: options).close()
        for file in try directory.files(below: directory.keyring) where file.string.contains("/anchor-") {
            try FileManager.default.removeItem(atPath: file.string)
        }
        #expect(try await openingCode() == .rolledBack)
    }

    /// The story: the step of a closing came before its checkpoint, so that anchors which said the last value went with
    /// the store as it was before.
    @Test func theStepOfAClosingIsItsLastAct() async throws {
        let copies = directory.path.appending("copies")
        try Self.write(
            """
            read value < '\(value)'
            if [ "$1" = advance ]; then
              value=$((value + 1)); echo $value > '\(value)'
              rm -rf '\(copies)'; cp -r '\(directory.keyring)' '\(copies)'
            fi
            echo $value
            """, to: program, in: directory)
        try await put(["a", "b", "c"])
        let after = try directory.files(below: directory.keyring).map { try directory.contents(of: $0) }
        #expect(try directory.files(below: copies).map { try directory.contents(of: $0) } == after)
    }

    /// Somebody may want to make room.
    @Test func aStoreWhoseAnchorsCannotBeWrittenOpens() async throws {
        try await put(["a"])
        let anchor = try #require(
            try directory.files(below: directory.keyring).first { $0.string.contains("/anchor-") })
        let inTheWay = FilePath(anchor.string + ".new")
        try FileManager.default.createDirectory(atPath: inTheWay.string, withIntermediateDirectories: false)
        try directory.write([0], to: inTheWay.appending("file"))
        let before = try counted()
        let store = try await Store.open(at: directory.store, options: options)
        #expect(try await store.statistics().anchorFailure != nil)
        #expect(try counted() == before)
        #expect(try await errorCode { try await store.close() } != nil)
        try FileManager.default.removeItem(atPath: inTheWay.string)
        #expect(try await openingCode() == nil)
        #expect(try counted() > before)
    }

    @Test func aStoreThatWentWithoutGoesWithACounterOnceThatIsAccepted() async throws {
        #expect(try await openingCode(withCounter: false) == nil)
        #expect(try await openingCode() == .rolledBack)
        #expect(try await openingCode(accepting: true) == nil)
        #expect(try await openingCode() == nil)
        // Who leaves the counter away would be told nothing by it from then on.
        #expect(try await openingCode(withCounter: false) == .rolledBack)
        #expect(try await openingCode(accepting: true, withCounter: false) == nil)
        #expect(try await openingCode(withCounter: false) == nil)
    }

    /// The story: where the outer anchor had the step and not the commit, the one in the keyring went back to it.
    @Test func theLastAnchorIsThatOfTheLatestCommit() {
        func anchor(_ lsn: UInt64, _ counter: UInt64?) -> AnchorFile {
            AnchorFile(
                format: AnchorFile.format(with: counter), storeId: "", timeline: 1, lsn: lsn, root: nil,
                counter: counter, code: "")
        }
        func last(_ anchors: AnchorFile...) -> [UInt64]? {
            AnchorCounter.last(of: anchors, at: 7).map { [$0.anchor.lsn, $0.said] }
        }
        #expect(last() == nil && last(anchor(9, nil)) == nil)
        #expect(last(anchor(9, 6)) == nil && last(anchor(9, 9)) == nil)
        #expect(last(anchor(9, 7)) == [9, 7] && last(anchor(9, 8)) == [9, 8])
        #expect(last(anchor(5, 8), anchor(9, 7)) == [9, 8] && last(anchor(9, 7), anchor(5, 8)) == [9, 8])
        #expect(last(anchor(9, 6), anchor(5, 7), anchor(9, nil)) == [5, 7])
    }

    @Test(arguments: [
        "exit 1", "echo soon", "echo -7", "echo 41; exit 3", "kill -9 $$", "echo 99999999999999999999", "",
    ])
    func aProgramThatDoesNotAnswerAsItShouldIsNamed(script: String) async throws {
        try await put(["a"])
        let before = try directory.files(below: directory.keyring).map { try directory.contents(of: $0) }
        try Self.write(script, to: program, in: directory)
        #expect(try await openingCode() == .anchorUnavailable)
        #expect(try await openingCode(accepting: true) == .anchorUnavailable)
        #expect(try directory.files(below: directory.keyring).map { try directory.contents(of: $0) } == before)
    }

    @Test func aProgramThatHangsIsGivenUp() throws {
        try Self.write("exec sleep 600", to: program, in: directory)
        let error = #expect(throws: StorageError.self) { try CounterProgram(program, timeoutSeconds: 1).read() }
        #expect(error?.message.contains("did not answer in 1 seconds") == true, "\(error?.message ?? "")")
        try Self.write("echo 41; exec sleep 600 >&-", to: program, in: directory)
        #expect(throws: StorageError.self) { try CounterProgram(program, timeoutSeconds: 1).read() }
    }

    @Test func aProgramThatOthersCanChangeIsNotRun() async throws {
        let ran = directory.path.appending("ran")
        try Self.write("touch '\(ran)'; echo 1", to: program, in: directory)
        try FileManager.default.setAttributes([.posixPermissions: 0o722], ofItemAtPath: program.string)
        #expect(try await openingCode() == .unsafePermissions)
        #expect(!FileManager.default.fileExists(atPath: ran.string))
        try FileManager.default.removeItem(atPath: program.string)
        #expect(try await openingCode() == .anchorUnavailable)
    }

    @Test func aCounterThatSomebodyElseUsesIsToldApart() async throws {
        try Self.write(
            """
            read value < '\(value)'
            if [ "$1" = advance ]; then value=$((value + 2)); echo $value > '\(value)'; fi
            echo $value
            """, to: program, in: directory)
        #expect(try await openingCode() == .anchorUnavailable)
    }

    /// A TPM's memory bears some hundred thousand steps.
    @Test func aStepIsDueTenMinutesAfterTheLast() throws {
        let clock = ManualClock()
        let counter = AnchorCounter(CounterProgram(program), clock)
        #expect(!counter.isDue)
        #expect(try counter.begin() == 41)
        var written: [UInt64] = []
        try counter.step { written.append($0) }
        #expect(written == [42] && counter.said == 42 && !counter.isDue)
        clock.advance(milliseconds: 599_000)
        #expect(!counter.isDue)
        clock.advance(milliseconds: 1_000)
        #expect(counter.isDue)
        // What cannot be written is not counted.
        #expect(throws: StorageError.self) {
            try counter.step { (_) throws(StorageError) in throw StorageError(.diskFull, "full") }
        }
        #expect(try counted() == 42 && !counter.isDue)
    }

    /// A store that stays open takes steps at its checkpoints.
    @Test func checkpointsTakeStepsThatAreDue() async throws {
        let clock = ManualClock()
        var opening = try StoreOpening(directory.store, options)
        opening.anchorCounter = AnchorCounter(CounterProgram(program), clock)
        let store = Store(engine: try await opening.run(), requester: .root)
        let opened = try counted()
        try await store.createBucket("bucket")
        clock.advance(milliseconds: AnchorCounter.pauseSeconds * 1_000)
        try await store.checkpoint()
        #expect(try counted() == opened + 1)
        try await store.checkpoint()
        #expect(try counted() == opened + 1)
        try await store.close()
        #expect(try counted() == opened + 2)
    }

    /// The story: checkpoints waited for the program, and writes for the checkpoints.
    @Test func aCounterThatDoesNotAnswerHoldsNothingUp() async throws {
        let hold = directory.path.appending("hold")
        try Self.write(
            """
            read value < '\(value)'
            while [ "$1" = advance ] && [ -e '\(hold)' ]; do sleep 0.1; done
            if [ "$1" = advance ]; then value=$((value + 1)); echo $value > '\(value)'; fi
            echo $value
            """, to: program, in: directory)
        let clock = ManualClock()
        var opening = try StoreOpening(directory.store, options)
        opening.anchorCounter = AnchorCounter(CounterProgram(program, timeoutSeconds: 100), clock)
        let store = Store(engine: try await opening.run(), requester: .root)
        let opened = try counted()
        let bucket = try await store.createBucket("bucket")
        clock.advance(milliseconds: AnchorCounter.pauseSeconds * 1_000)
        try directory.write([], to: hold)
        let start = ContinuousClock.now
        for number in 0..<5 {
            try await bucket.put("\(number)", [1])
            try await store.checkpoint()
        }
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(try await store.statistics().anchorFailure?.contains("does not answer") == true)
        #expect(try counted() == opened)
        try FileManager.default.removeItem(atPath: hold.string)
        for _ in 0..<6_000 where try await store.statistics().anchorFailure != nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await store.statistics().anchorFailure == nil)
        #expect(try counted() == opened + 1)
        try await store.close()
        #expect(try counted() == opened + 2)
        #expect(try await openingCode() == nil)
    }
}
