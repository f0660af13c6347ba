internal import CStrongroomKeyBackend
internal import StrongroomKeys
internal import Synchronization

/// A key backend behind the C contract that answers as it was told before.
@safe enum ScriptedModule {
    private struct State {
        var answer: ScriptedAnswer?
        var host: UInt64 = 0
        var unanswered: UInt64?
    }

    private static let state = Mutex(State())
    private nonisolated(unsafe) static var complete: (@convention(c) (UInt64, UInt64, Int32) -> Void)?
    // Safe: whoever scripts calls of this module holds `AnsweringRun.turn`, so nobody else opens or calls it meanwhile.

    /// What is answered next.
    static func script(_ answer: ScriptedAnswer) { state.withLock { $0.answer = answer } }

    /// Completes the call that nobody was answered to.
    static func completeLate() {
        let (host, operation) = state.withLock { state in
            defer { state.unanswered = nil }
            return (state.host, state.unanswered)
        }
        guard let operation else { return }
        unsafe complete?(host, operation, 0)
    }

    static let table: KeyBackendTable = {
        // Safe: constant from here on, and never freed, as the contract asks.
        let pointer = UnsafeMutablePointer<strongroom_key_module>.allocate(capacity: 1)
        let (name, version) = unsafe (constant("scripted"), constant("0"))
        unsafe pointer.initialize(
            to: strongroom_key_module(
                magic: STRONGROOM_KEY_MODULE_MAGIC, abi_major: UInt32(STRONGROOM_KEY_ABI_MAJOR),
                abi_minor: UInt32(STRONGROOM_KEY_ABI_MINOR), size: UInt64(MemoryLayout<strongroom_key_module>.size),
                capabilities: STRONGROOM_KEY_RETURNS_PROMPTLY, name: name, version: version,
                open: { _, hostTable, host, _, _, message in
                    unsafe ScriptedModule.open(hostTable, host, message)
                },
                generate_data_key: { unsafe ScriptedModule.answer($2, $3) },
                unwrap: { unsafe ScriptedModule.answer($2, $3) },
                rewrap: { unsafe ScriptedModule.answer($2, $3) },
                describe: { unsafe ScriptedModule.answer($2, $3) },
                control: { unsafe ScriptedModule.answer($2, $3) },
                close: { unsafe ScriptedModule.answer($2, $3) }))
        do throws(KeyBackendError) {
            return try unsafe KeyBackendTable(UnsafePointer(pointer))
        } catch {
            finding("the table is refused: \(error)")
        }
    }()

    private static func constant(_ text: StaticString) -> UnsafePointer<CChar> {
        // Safe: a constant of the program's, terminated.
        unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    private static func open(
        _ table: UnsafePointer<strongroom_key_host>?, _ host: UInt64,
        _ message: UnsafeMutablePointer<strongroom_key_buffer>?
    ) -> Int32 {
        guard let table = unsafe table, let message = unsafe message else { finding("an open without a host") }
        let answer = state.withLock { state in
            state.host = host
            return state.answer
        }
        guard let answer else { finding("an open without a script") }
        unsafe complete = table.pointee.complete
        unsafe message.pointee.write(answer.message)
        return answer.status
    }

    private static func answer(_ answer: UnsafeMutablePointer<strongroom_key_answer>?, _ operation: UInt64) {
        guard let answer = unsafe answer else { finding("a call without an answer") }
        let (script, host) = state.withLock { state in
            if state.answer?.isLate == true { state.unanswered = operation }
            return (state.answer, state.host)
        }
        guard let script else { finding("a call without a script") }
        // Safe throughout: each part writes no more than the host made room for, before the call is completed.
        unsafe answer.pointee.plaintext.write(script.plaintext)
        unsafe answer.pointee.wrapped.write(script.wrapped)
        unsafe answer.pointee.key_id.write(script.keyID)
        unsafe answer.pointee.key_version.write(script.keyVersion)
        unsafe answer.pointee.document.write(script.document)
        unsafe answer.pointee.message.write(script.message)
        unsafe answer.pointee.health = script.health
        if script.isLate { return }
        if script.completesOthers { unsafe complete?(host, operation &+ 1, script.status) }
        for _ in 0..<script.completions { unsafe complete?(host, operation, script.status) }
    }
}

extension strongroom_key_buffer {
    fileprivate mutating func write(_ part: ScriptedAnswer.Part) {
        unsafe size = part.claimedSize
        guard let data = unsafe data, unsafe UInt64(part.bytes.count) <= capacity else { return }
        // Safe: the bytes are no more than the host made room for.
        unsafe UnsafeMutableRawBufferPointer(start: data, count: part.bytes.count).copyBytes(from: part.bytes)
    }
}
