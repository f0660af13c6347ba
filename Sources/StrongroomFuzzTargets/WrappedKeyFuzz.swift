internal import StrongroomKMS
internal import StrongroomKeys

/// What a store has of a data key is what a backend has wrapped, and whoever may write the disk writes that too: bytes,
/// the names beside them, and the context. Each of the backends that need no network and no token opens what it has
/// wrapped, and refuses what is anything else, for a reason that says so; no attempt gets another key than the one that
/// was wrapped. The same is true of wrapping it again, which opens it before.
public func fuzzWrappedKeys(_ input: RawSpan) {
    var input = FuzzInput(input)
    let attempt = UnwrapAttempt(&input)
    waiting { await attempt.check() }
}

private struct UnwrapAttempt: Sendable {
    private static let refusals: Set<KeyBackendError.Code> = [
        .invalidCiphertext, .incorrectKey, .keyNotFound, .invalidRequest, .unsupported,
    ]

    private let keeper: WrapKeeper
    private let wrapsAgain: Bool
    private var wrap: FuzzedWrap

    init(_ input: inout FuzzInput) {
        keeper = WrapKeeper.all[Int(input.byte()) % WrapKeeper.all.count]
        wrap = keeper.wraps[Int(input.byte()) % keeper.wraps.count]
        let flags = input.byte()
        wrapsAgain = flags & 1 == 1
        for _ in 0..<input.byte() % 4 {
            let other = keeper.wraps[Int(input.byte()) % keeper.wraps.count]
            wrap.edit(&input, other)
        }
        // Chance never hits a checksum; what lies behind it is looked at all the same.
        if flags & 2 == 2, case .archive = keeper.opener { wrap.makeChecksumHold() }
    }

    func check() async {
        let parts = keeper.opener.parts
        let wrapped = keeper.wraps.first { $0.isSame(as: wrap, in: parts) }
        do throws(KeyBackendError) {
            let key = try await opened()
            guard let known = wrapped ?? keeper.wraps.first(where: mayPassFor) else {
                finding("what nobody has wrapped is opened")
            }
            guard key == known.key else { finding("another key than was wrapped") }
        } catch {
            guard wrapped == nil else { finding("a key is refused as it was wrapped: \(error)") }
            guard Self.refusals.contains(error.code) else { finding("a key is refused for another reason: \(error)") }
        }
    }

    private func opened() async throws(KeyBackendError) -> [UInt8] {
        guard wrapsAgain else { return try await keeper.opener.open(wrap) }
        let fresh = try await keeper.opener.wrappedAgain(wrap)
        do throws(KeyBackendError) {
            return try await keeper.opener.open(fresh)
        } catch {
            finding("what was wrapped again does not open: \(error)")
        }
    }

    /// The key service takes a key's id for its ARN.
    private func mayPassFor(_ other: FuzzedWrap) -> Bool {
        guard case .service = keeper.opener, wrap.context == other.context,
            let mine = try? KeyCiphertext(wrap.wrapped), let theirs = try? KeyCiphertext(other.wrapped)
        else { return false }
        return mine == theirs
    }
}
