internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomKeys

/// One request of the key service on its way to the store's key backend.
///
/// Handlers are extensions of it, a file for each group of operations. They turn KMS's words into those of the
/// backend's `control`, and its answers back; all decisions are the backend's.
struct KeyServiceCall: Sendable {
    let members: KeyServiceMembers
    /// Acts on behalf of the user.
    let store: Store
    /// Twelve digits, of keys and users.
    let account: String
    let requestID: String

    /// What the backend answers.
    struct Reply: Sendable {
        var members: [String: JSONValue]
        var secret: SharedSecret?

        func string(_ name: String) -> String? {
            if case .string(let text)? = members[name] { text } else { nil }
        }

        /// What was asked for.
        ///
        /// - Throws: `KMSInternalException` where the backend calls it done and gives none: a client would take an
        ///   answer without it for one that has an empty one.
        func plaintext() throws(KeyServiceRefusal) -> SharedSecret {
            if let secret { return secret }
            throw .internalFailure(
                KeyBackendError(.moduleFault, "The key backend answered without the secret that was asked for."))
        }

        func number(_ name: String) -> Int64? {
            if case .number(let digits)? = members[name] { Int64(digits) } else { nil }
        }

        /// The objects of a list.
        func list(_ name: String) -> [Reply] {
            guard case .array(let values)? = members[name] else { return [] }
            return values.compactMap { if case .object(let members) = $0 { Reply(members: members) } else { nil } }
        }

        /// Milliseconds as KMS writes a moment: seconds with a fraction.
        func time(_ name: String) -> JSONValue? {
            guard let milliseconds = number(name) else { return nil }
            let fraction = String(milliseconds % 1_000)
            let zeros = String(repeating: "0", count: max(3 - fraction.count, 0))
            return .number("\(milliseconds / 1_000).\(zeros)\(fraction)")
        }
    }

    /// Asks the backend. Members without a value are left out.
    ///
    /// - Parameter room: how many bytes of secret may come.
    func ask(
        _ operation: String, _ members: [String: JSONValue?] = [:], secret: SharedSecret? = nil, room: Int = 0
    ) async throws(KeyServiceRefusal) -> Reply {
        var all = members.compactMapValues { $0 }
        all["operation"] = .string(operation)
        let tokens = try self.members.strings("GrantTokens") ?? []
        let request = ControlRequest(
            json: JSONValue.object(all).encoded(), secret: secret, answerSecretSizeBytesMax: room,
            context: KeyRequestContext(grantTokens: tokens, requestID: requestID))
        let answer: ControlAnswer
        do throws(StoreError) {
            answer = try await store.controlKeyService(request)
        } catch {
            throw KeyServiceRefusal(error)
        }
        do throws(KeyBackendError) {
            return Reply(members: try JSONValue.object(parsing: answer.json), secret: answer.secret)
        } catch {
            throw .internalFailure(error)
        }
    }

    /// The member as the backend takes it.
    func string(_ name: String) throws(KeyServiceRefusal) -> JSONValue? {
        guard let text = try members.string(name) else { return nil }
        return .string(text)
    }

    func required(_ name: String) throws(KeyServiceRefusal) -> JSONValue { .string(try members.required(name)) }

    func integer(_ name: String) throws(KeyServiceRefusal) -> JSONValue? {
        guard let number = try members.integer(name) else { return nil }
        return .number(String(number))
    }

    /// The backend takes flags as texts.
    func flag(_ name: String) throws(KeyServiceRefusal) -> JSONValue? {
        try members.flag(name) ? .string("true") : nil
    }

    func list(_ name: String) throws(KeyServiceRefusal) -> JSONValue? {
        guard let texts = try members.strings(name) else { return nil }
        return .array(texts.map { .string($0) })
    }

    /// - Throws: `UnsupportedOperationException` for all but one value.
    func expect(_ name: String, _ only: String) throws(KeyServiceRefusal) {
        guard let value = try members.string(name), value != only else { return }
        throw .unsupported("The member \(name) is '\(value.prefix(64))'; here it may be \(only).")
    }
}
