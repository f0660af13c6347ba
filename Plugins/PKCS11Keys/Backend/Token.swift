internal import CStrongroomPKCS11
internal import Glibc
internal import StrongroomCrypto
internal import StrongroomKeys
internal import Synchronization

/// A token, reached through sessions that are opened as they are needed and kept. Every call blocks.
///
/// A call that fails takes its session with it, and is made once more in a new one: the library is made ready again,
/// the token looked for, the PIN given. So a token that was away, or a session that somebody ended, needs no code of
/// its own. What is called must bear being called twice.
///
/// A login belongs to all of a process's sessions at a token. Nobody is ever logged out here, because somebody else may
/// be using the token as well; when the last session is closed, the token does that by itself.
final class Token: Sendable {
    private static let pausesMicroseconds: [UInt32] = [20_000, 40_000, 80_000, 160_000, 240_000, 400_000, 600_000]

    private let library: TokenLibrary
    private let place: PKCS11Settings.Place
    private let pin: SharedSecret
    /// Nil where the processes at the token share no file.
    private let turn: TokenTurn?
    /// Sessions that nobody uses at the moment; nil once closed.
    private let idle = Mutex<[TokenSession]?>([])
    /// Why the token let nobody in. Held while logging in: one attempt at a time, and none after one that failed.
    private let refusal = Mutex<KeyBackendError?>(nil)

    init(_ library: TokenLibrary, _ place: PKCS11Settings.Place, pin: SharedSecret, turn: TokenTurn?) {
        self.library = library
        self.place = place
        self.pin = pin
        self.turn = turn
    }

    /// What it is called in errors.
    var name: String {
        switch place {
        case .label(let label): "The token '\(label)'"
        case .slot(let slot): "The token in slot \(slot)"
        }
    }

    /// Runs `body` in a session that reads and uses keys.
    func withSession<Value>(
        _ body: (inout TokenSession) throws(TokenFailure) -> Value
    ) throws(KeyBackendError) -> Value {
        do throws(TokenFailure) {
            do throws(TokenFailure) {
                // Not with ??, whose right side forgets what it throws.
                if let session = takeIdle() { return try run(in: session, body) }
                return try run(in: open(isWritable: false, isPatient: false), body)
            } catch {
                guard case .call = error else { throw error }
                // What ended one session has most likely ended all.
                dropIdle()
                return try run(in: open(isWritable: false, isPatient: true), body)
            }
        } catch {
            throw error.error(name)
        }
    }

    /// Runs `body` in a session that makes keys.
    func withWritableSession<Value>(
        _ body: (inout TokenSession) throws(TokenFailure) -> Value
    ) throws(KeyBackendError) -> Value {
        do throws(TokenFailure) {
            do throws(TokenFailure) {
                return try runOnce(in: open(isWritable: true, isPatient: false), body)
            } catch {
                guard case .call = error else { throw error }
                return try runOnce(in: open(isWritable: true, isPatient: true), body)
            }
        } catch {
            throw error.error(name)
        }
    }

    /// Runs `body`, which looks at the token and changes it; no process at the same PIN file changes it in between.
    func changing<Value>(_ body: () throws(KeyBackendError) -> Value) throws(KeyBackendError) -> Value {
        try turn?.take()
        defer { turn?.giveUp() }
        return try body()
    }

    func info() throws(KeyBackendError) -> TokenInfo {
        try withSession { (session) throws(TokenFailure) in try library.tokenInfo(session.slot) }
    }

    /// Fails where the token lacks a mechanism that is needed.
    func checkMechanisms(creates: Bool) throws(KeyBackendError) {
        try withSession { (session) throws(TokenFailure) in
            let isKnown = try library.mechanismFlags(CKM_SHA256_HMAC, slot: session.slot) & CKF_SIGN != 0
            let makesKeys =
                try library.mechanismFlags(CKM_GENERIC_SECRET_KEY_GEN, slot: session.slot) & CKF_GENERATE != 0
            guard isKnown, makesKeys || !creates else {
                // No other session would find it.
                throw .refused(TokenFailure.call("C_GetMechanismInfo", .mechanismInvalid).error(name))
            }
        }
    }

    /// Ends all sessions that nobody uses; those in use end with their use.
    func close() {
        let sessions = idle.withLock { idle in
            defer { idle = nil }
            return idle
        }
        for session in sessions ?? [] { session.close() }
    }

    // MARK: - Sessions

    private func takeIdle() -> TokenSession? { idle.withLock { $0?.popLast() } }

    private func dropIdle() {
        let sessions = idle.withLock { idle in
            defer { if idle != nil { idle = [] } }
            return idle
        }
        for session in sessions ?? [] { session.close() }
    }

    private func run<Value>(
        in session: TokenSession, _ body: (inout TokenSession) throws(TokenFailure) -> Value
    ) throws(TokenFailure) -> Value {
        var session = session
        do throws(TokenFailure) {
            let value = try body(&session)
            keep(session)
            return value
        } catch {
            if case .refused = error { keep(session) } else { session.close() }
            throw error
        }
    }

    private func runOnce<Value>(
        in session: TokenSession, _ body: (inout TokenSession) throws(TokenFailure) -> Value
    ) throws(TokenFailure) -> Value {
        var session = session
        defer { session.close() }
        return try body(&session)
    }

    private func keep(_ session: TokenSession) {
        let isKept = idle.withLock { idle in
            idle?.append(session)
            return idle != nil
        }
        if !isKept { session.close() }
    }

    /// The first of two attempts is not patient: what it does not wait for, the second does. That one looks again, for
    /// a second and a half, where a slot cannot be read, or the token is not there: so SoftHSM answers while another
    /// process changes a token. Other codes do not pass by waiting.
    private func open(isWritable: Bool, isPatient: Bool) throws(TokenFailure) -> TokenSession {
        for pauseMicroseconds in isPatient ? Self.pausesMicroseconds : [] {
            if let session = try openInTurn(isWritable: isWritable, awaitsToken: true) { return session }
            usleep(pauseMicroseconds)
        }
        if let session = try openInTurn(isWritable: isWritable, awaitsToken: false) { return session }
        guard isPatient else { throw .call("C_GetSlotList", .tokenNotPresent) }
        throw .refused(
            .unavailable,
            "\(name) is not there, or was never initialized; plug it in, see that its library's own configuration "
                + "leads to it, or correct the setting 'token' or 'slot'.")
    }

    /// Nil where the token is not there; where it is waited for, also where a slot could not be read.
    private func openInTurn(isWritable: Bool, awaitsToken: Bool) throws(TokenFailure) -> TokenSession? {
        do throws(KeyBackendError) { try turn?.take() } catch { throw .refused(error) }
        defer { turn?.giveUp() }
        // Somebody in this process may have ended the library since.
        try library.initialize()
        let found: TokenInfo?
        do throws(TokenFailure) {
            found = try look()
        } catch {
            guard awaitsToken, case .call(_, .generalError) = error else { throw error }
            return nil
        }
        guard let found else { return nil }
        let handle = try library.openSession(found.slot, isWritable: isWritable)
        do throws(TokenFailure) {
            try logIn(handle, found)
        } catch {
            library.closeSession(handle)
            throw error
        }
        return TokenSession(library: library, handle: handle, slot: found.slot)
    }

    /// Slots get other numbers when tokens are moved or made, so a label is looked for each time. Nil for a token that
    /// is not there.
    private func look() throws(TokenFailure) -> TokenInfo? {
        var found: [TokenInfo] = []
        var unread: TokenFailure?
        for slot in try library.slots() {
            switch place {
            case .slot(slot): found.append(try library.tokenInfo(slot))
            case .slot: break
            case .label(let label):
                do throws(TokenFailure) {
                    let info = try library.tokenInfo(slot)
                    if info.isInitialized, info.label == label { found.append(info) }
                } catch {
                    // A slot that cannot be read is somebody else's matter, unless no other has the label.
                    if case .call(_, let code) = error, code != .tokenNotPresent, code != .deviceRemoved {
                        unread = error
                    }
                }
            }
        }
        guard found.count <= 1 else {
            throw .refused(
                .invalidRequest,
                "\(name) is there \(found.count) times; name its slot: "
                    + "\(found.map { String($0.slot) }.joined(separator: ", ")).")
        }
        if found.isEmpty, let unread { throw unread }
        return found.first { $0.isInitialized }
    }

    private func logIn(_ session: UInt, _ info: TokenInfo) throws(TokenFailure) {
        try refusal.withLock { (refusal) throws(TokenFailure) in
            // Before the PIN: whoever is in, is in, also by somebody else's login.
            if try library.isLoggedIn(session) { return }
            if let refusal { throw .refused(refusal) }
            try checkPIN(info)
            let code = try library.login(session, pin.bytes)
            if code == .ok || code == .userAlreadyLoggedIn { return }
            let failure = TokenFailure.login(code, name)
            if case .refused(let error) = failure { refusal = error }
            throw failure
        }
    }

    private func checkPIN(_ info: TokenInfo) throws(TokenFailure) {
        if info.isPINLocked { throw .login(.pinLocked, name) }
        if info.isAtFinalTry {
            throw .refused(
                .accessDenied,
                "One more wrong PIN locks \(name.lowercasedFirst), so none is tried; log in once with the token's own tool "
                    + "and the right PIN.")
        }
        guard info.hasPIN else {
            throw .refused(.accessDenied, "\(name) has no PIN yet; set its user's PIN with the token's own tool.")
        }
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
