internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// One call of a key backend, its answer, and what the contract says of that answer.
struct ScriptedCall: Sendable {
    private enum Operation: CaseIterable { case generate, unwrap, rewrap, describe, control }

    private let operation: Operation
    private let requestedID: String?
    private let answer: ScriptedAnswer
    private static let stored: [UInt8] = [1, 2, 3]

    init(_ input: inout FuzzInput) {
        operation = Operation.allCases[Int(input.byte()) % Operation.allCases.count]
        let ids: [String?] = [nil, "key", "a/key", "alias/key", "\u{E9}", "e\u{301}"]
        let choice = Int(input.byte()) % (ids.count + 1)
        requestedID =
            choice < ids.count
            ? ids[choice] : String(decoding: input.bytes(atMost: Int(input.byte() % 16)), as: UTF8.self)
        answer = ScriptedAnswer(&input)
    }

    /// - Parameter seen: keys that the host has seen in answers of this backend before.
    func check(_ instance: KeyBackendInstance, _ seen: inout Set<[UInt8]>) async {
        ScriptedModule.script(answer)
        do throws(KeyBackendError) {
            try await perform(instance)
            guard operation != .generate || seen.insert(answer.plaintext.bytes).inserted else {
                finding("a key is given out twice")
            }
        } catch {
            if answer.isLate {
                guard error.code == .deadlineExceeded else { finding("a call that nobody answers fails otherwise") }
                // Whoever answers now reaches nobody.
                ScriptedModule.completeLate()
                return
            }
            checkRefusal(error, answer)
            guard operation == .generate, answer.status == 0, isAllowedBesideSecrecy else {
                guard answer.status != 0 || !isAllowed else {
                    finding("an answer that the contract allows is refused: \(error)")
                }
                return
            }
            let isRepeated = !seen.insert(answer.plaintext.bytes).inserted
            guard isRepeated || isExposed else { finding("a key that the contract allows is refused: \(error)") }
        }
    }

    private func perform(_ instance: KeyBackendInstance) async throws(KeyBackendError) {
        // Long enough for whoever answers at once; who never does costs a millisecond.
        let deadline = PosixClock().bootNanoseconds() + (answer.isLate ? 1_000_000 : 20_000_000_000)
        let context = KeyRequestContext(deadlineNanoseconds: deadline)
        let stored = WrappedDataKey(keyID: requestedID ?? "key", keyVersion: "1", bytes: Self.stored)
        switch operation {
        case .generate:
            let key = try await instance.generateDataKey(DataKeyRequest(keyID: requestedID, context: context))
            checkWrapped(key.wrapped)
            try checkKey(key.plaintext)
        case .unwrap: try checkKey(try await instance.unwrap(stored, for: UnwrapRequest(context: context)))
        case .rewrap: checkWrapped(try await instance.rewrap(stored, for: RewrapRequest(context: context)))
        case .describe:
            let description = try await instance.describe(DescribeRequest(keyID: requestedID, context: context))
            check(description.keyID, answer.keyID)
            check(description.currentVersion, answer.keyVersion)
        case .control:
            let json = try await instance.control(ControlRequest(json: Array("{}".utf8), context: context))
            guard json == answer.document.bytes else { finding("another document than was answered") }
        }
        guard !answer.isLate, answer.status == 0, isAllowed else { finding("an answer is taken that is none") }
    }

    private func checkWrapped(_ wrapped: WrappedDataKey) {
        guard wrapped.bytes == answer.wrapped.bytes else { finding("another wrapped key than was answered") }
        check(wrapped.keyID, answer.keyID)
        check(wrapped.keyVersion, answer.keyVersion)
    }

    private func checkKey(_ key: borrowing SecretBytes) throws(KeyBackendError) {
        let isIt = try key.withBytes { (bytes) throws(KeyBackendError) in
            bytes.bytes(in: 0..<bytes.byteCount) == answer.plaintext.bytes && bytes.byteCount == 32
        }
        guard isIt else { finding("another key than was answered") }
    }

    private func check(_ text: String, _ part: ScriptedAnswer.Part) {
        guard text.utf8.elementsEqual(part.bytes) else { finding("another text than was answered") }
    }

    // MARK: What the contract says

    /// Whether an answer of success is one.
    private var isAllowed: Bool {
        switch operation {
        case .generate: isAllowedBesideSecrecy && !isExposed
        case .unwrap: isKeyAllowed && isIDSame
        case .rewrap: isWrappedAllowed && isIDSame && isText(answer.keyVersion, 128)
        case .describe: isIDAllowed && isText(answer.keyVersion, 128) && answer.health <= 2
        // No secret was asked for, so that none has room.
        case .control: (1...1 << 20).contains(answer.document.claimedSize) && answer.plaintext.claimedSize == 0
        }
    }

    private var isKeyAllowed: Bool { answer.plaintext.claimedSize == 32 && answer.plaintext.bytes.contains { $0 != 0 } }

    private var isWrappedAllowed: Bool { (1...8192).contains(answer.wrapped.claimedSize) }

    /// Whether a new key is one, but for what must not be known of it.
    private var isAllowedBesideSecrecy: Bool {
        isKeyAllowed && isWrappedAllowed && isIDAllowed && isText(answer.keyVersion, 128)
    }

    private var isExposed: Bool { contains(answer.wrapped.bytes, answer.plaintext.bytes) }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    private func isText(_ part: ScriptedAnswer.Part, _ sizeMax: UInt64) -> Bool {
        (1...sizeMax).contains(part.claimedSize) && String(validating: part.bytes, as: UTF8.self) != nil
    }

    private var isIDSame: Bool {
        isText(answer.keyID, 2048) && answer.keyID.bytes == Array((requestedID ?? "key").utf8)
    }

    private var isIDAllowed: Bool {
        guard isText(answer.keyID, 2048) else { return false }
        guard let requested = requestedID.map({ Array($0.utf8) }) else { return true }
        return answer.keyID.bytes == requested || contains(requested, Array("alias/".utf8))
            || Array(answer.keyID.bytes.suffix(requested.count + 1)) == Array("/".utf8) + requested
    }
}
