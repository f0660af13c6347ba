internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization

/// What crosses the contract with key backends. Whatever a backend answers (lengths, codes, ids, keys, completions),
/// the host gives the answer where the contract allows it, byte for byte, and else an error of the code that belongs
/// to it; nothing that people read of it has a control character. Requests, configurations and JSON that are read and
/// written again are read as the same.
public func fuzzPluginAnswers(_ input: RawSpan) {
    var input = FuzzInput(input)
    let kind = input.byte() % 8
    switch kind {
    case 0: checkJSON(input.rest())
    case 1, 2:
        let block = input.rest()
        do throws(KeyBackendError) {
            let isStable =
                kind == 1
                ? try ContractProbe.isStable(request: block) : try ContractProbe.isStable(configuration: block)
            guard isStable else { finding("a block of kind \(kind) says something else when it is handed on") }
        } catch {
            finding("what was read of a block of kind \(kind) cannot be handed on: \(error)")
        }
    default: AnsweringRun(&input).check()
    }
}

private func checkJSON(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    let text = value.encoded()
    guard let again = try? JSONValue(parsing: text), again == value, again.encoded() == text else {
        finding("JSON says something else when it is written again")
    }
    guard let members = try? ControlMembers(parsing: bytes), let base64 = try? members.string("bytes") else { return }
    guard let decoded = try? members.bytes("bytes", countMax: 64) else { return }
    guard PaddedBase64.encode(decoded) == base64, (1...64).contains(decoded.count) else {
        finding("base64 is read that nobody would write")
    }
}

/// A few calls of one backend, each answered as the input says.
private struct AnsweringRun: Sendable {
    /// There is one module, which does not know who asks.
    private static let turn = Mutex(())

    private let opening: ScriptedAnswer
    private let calls: [ScriptedCall]

    init(_ input: inout FuzzInput) {
        opening = ScriptedAnswer(opening: &input)
        calls = (0..<input.byte() % 4 + 1).map { _ in ScriptedCall(&input) }
    }

    func check() {
        let lines = Mutex<[String]>([])
        let host = ProcessKeyBackendHost(log: { _, line in lines.withLock { $0.append(line) } })
        Self.turn.withLock { _ in
            ScriptedModule.script(opening)
            waiting { await run(host) }
        }
        for line in lines.withLock({ $0 }) { checkText(line) }
    }

    private func run(_ host: ProcessKeyBackendHost) async {
        let instance: KeyBackendInstance
        do throws(KeyBackendError) {
            instance = try await KeyBackendInstance.open(
                ScriptedModule.table, configuration: KeyBackendConfiguration(), host: host)
        } catch {
            checkRefusal(error, opening)
            return
        }
        guard opening.status == 0 else { finding("a backend is open that said it is not") }
        var seen: Set<[UInt8]> = []
        for call in calls { await call.check(instance, &seen) }
    }
}

func checkRefusal(_ error: KeyBackendError, _ answer: ScriptedAnswer) {
    checkText(error.message)
    guard error.code == answer.code ?? .moduleFault else {
        finding("status \(answer.status) became \(error.code)")
    }
}

private func checkText(_ text: String) {
    guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
        finding("a backend can forge lines of what people read")
    }
}
