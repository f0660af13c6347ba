import Glibc
import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomKeys

@Suite("Child processes")
struct ChildProcessTests {
    private static func shell(_ script: String, isGroup: Bool = false) throws -> ChildProcess {
        try ChildProcess(executable: "/bin/sh", arguments: ["-c", script], isGroup: isGroup)
    }

    /// The story: our threads block signals, a child inherits that, and `timeout` in its script ended nothing.
    @Test func signalsReachAChildOfAThreadThatBlocksThem() {
        let thread = DedicatedThread(name: "parent") {
            #expect(throws: Never.self) {
                let child = try Self.shell("kill -TERM $$; echo alive")
                #expect(child.wait().hasPrefix("signal 15"))
            }
        }
        thread.join()
    }

    @Test func standardInputIsEmpty() throws {
        let child = try Self.shell("cat; echo done")
        guard case .line("done") = child.nextLine(timeoutSeconds: 60) else {
            Issue.record("no line")
            return
        }
        #expect(child.wait(timeoutSeconds: 60) == "exit status 0")
    }

    /// Bytes that come without ever making a line do not put off the end.
    @Test func timeIsCountedFromTheBeginning() throws {
        let child = try Self.shell("while :; do printf x; sleep 0.1; done", isGroup: true)
        guard case .timeout = child.nextLine(timeoutSeconds: 1) else {
            Issue.record("no timeout")
            return
        }
        #expect(child.wait(timeoutSeconds: 0) == nil)
    }

    /// What a group's child has started holds the pipe open, unless it ends as well.
    @Test func aGroupEndsTogether() throws {
        let child = try Self.shell("sleep 600 & echo $!; wait", isGroup: true)
        guard case .line(let line) = child.nextLine(timeoutSeconds: 60), let grandchild = pid_t(line) else {
            Issue.record("no line")
            return
        }
        #expect(Glibc.kill(grandchild, 0) == 0)
        child.kill()
        #expect(child.wait().hasPrefix("signal 9"))
        guard case .end = child.nextLine(timeoutSeconds: 60) else {
            Issue.record("the pipe is open")
            return
        }
    }
}
