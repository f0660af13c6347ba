internal import StrongroomCrypto
public import StrongroomKeys

/// The archive keys of an instance that is open, linked in or as a module: seals keys that are wrapped already, begins
/// epochs, and destroys them.
public struct ArchiveKeys: Sendable {
    /// A wrapped key that an epoch has sealed once more.
    public struct SealedKey: Sendable, Hashable {
        /// The epoch whose key sealed it: while it lives, the wrap can be opened.
        public var epoch: UInt32
        /// To be kept in the place of the wrapped key; at most 104 bytes larger.
        public var bytes: [UInt8]
    }

    /// What became of a destroyed epoch.
    public struct Destruction: Sendable, Hashable {
        /// To be kept and handed on. The keyring keeps it as well.
        public var receipt: ShredReceipt
        /// Whether the bytes of the keyring's file from before could be overwritten in place.
        public var isPreviousFileOverwritten: Bool
    }

    /// The audit trail of the archive keys.
    public struct AuditStatus: Sendable, Hashable {
        /// The public key that checks the trail, in the form `NAME+HASH+KEY` (c2sp.org/signed-note).
        public var publicKey: String
        /// How many records are durable.
        public var recordCount: Int
        /// How many of them the newest checkpoint signs.
        public var signedRecordCount: Int
        /// The newest checkpoint, a signed note (c2sp.org/tlog-checkpoint).
        public var checkpoint: String
        /// Why nothing can be recorded at present, so that nothing is released; nil where all is well.
        public var failure: String?
    }

    private let instance: KeyBackendInstance
    private let context: KeyRequestContext

    /// The archive keys of `instance`, which its owner closes.
    ///
    /// - Parameter context: caller and deadline of all requests made here.
    public init(_ instance: KeyBackendInstance, context: KeyRequestContext = .init()) {
        self.instance = instance
        self.context = context
    }

    /// Seals a wrapped key in the current epoch.
    ///
    /// - Parameters:
    ///   - wrap: the wrapped key as its backend made it, 1 to 8192 bytes.
    ///   - binding: what it belongs to, such as the object's identity in one canonical encoding, 1 to 16384 bytes.
    ///     Whoever opens it must give the same.
    public func seal(_ wrap: [UInt8], boundTo binding: [UInt8]) async throws(KeyBackendError) -> SealedKey {
        try sealedKey(try await ask("seal-wrap", ["wrap": .bytes(wrap), "context": .bytes(binding)]))
    }

    /// The wrapped key, exactly as it was sealed.
    public func open(_ sealed: [UInt8], boundTo binding: [UInt8]) async throws(KeyBackendError) -> [UInt8] {
        try bytes("wrap", in: try await ask("open-wrap", ["sealedWrap": .bytes(sealed), "context": .bytes(binding)]))
    }

    /// Moves a sealed wrap to the current epoch.
    public func reseal(_ sealed: [UInt8], boundTo binding: [UInt8]) async throws(KeyBackendError) -> SealedKey {
        try sealedKey(try await ask("reseal-wrap", ["sealedWrap": .bytes(sealed), "context": .bytes(binding)]))
    }

    /// Begins an epoch, and returns its number. Earlier ones open, and seal no more.
    public func rotateEpoch() async throws(KeyBackendError) -> UInt32 {
        try number("currentEpoch", in: try await ask("rotate-epoch", [:]))
    }

    /// Makes everything that an epoch sealed unreadable, for good.
    ///
    /// Refused with `keyInUse` while an object depends on it that object lock keeps in compliance mode.
    ///
    /// - Parameters:
    ///   - confirmation: the sentence "destroy epoch N of KEYRINGID", which a person should have written.
    ///   - acceptingUnknownDependencies: whether to go on where no store could be asked, or not all of them, so that
    ///     nobody knows what is lost.
    public func destroyEpoch(
        _ epoch: UInt32, confirmation: String, acceptingUnknownDependencies: Bool = false
    ) async throws(KeyBackendError) -> Destruction {
        let answer = try await ask(
            "destroy-epoch",
            [
                "epoch": .number(String(epoch)), "confirm": .string(confirmation),
                "acceptUnknownDependencies": .boolean(acceptingUnknownDependencies),
            ])
        guard case .boolean(let isOverwritten)? = answer["previousFileOverwritten"] else {
            throw Self.fault("destroy-epoch")
        }
        return Destruction(receipt: try receipt(in: answer), isPreviousFileOverwritten: isOverwritten)
    }

    /// The receipt of an epoch that was destroyed.
    public func shredReceipt(of epoch: UInt32) async throws(KeyBackendError) -> ShredReceipt {
        try receipt(in: try await ask("shred-receipt", ["epoch": .number(String(epoch))]))
    }

    // MARK: - Audit

    /// How the audit trail is; nil where it is off.
    public func auditStatus() async throws(KeyBackendError) -> AuditStatus? {
        let answer = try await ask("audit-status", [:])
        guard answer["audit"] == .string("on") else { return nil }
        return AuditStatus(
            publicKey: try text("publicKey", in: answer), recordCount: try count("recordCount", in: answer),
            signedRecordCount: try count("signedRecordCount", in: answer),
            checkpoint: try text("checkpoint", in: answer),
            failure: answer["failure"] == nil ? nil : try text("failure", in: answer))
    }

    /// Signs the trail as it is, and returns the checkpoint: a signed note to be kept where whoever can write here
    /// cannot. Nil where the trail is off.
    public func auditCheckpoint() async throws(KeyBackendError) -> String? {
        let answer = try await ask("audit-checkpoint", [:])
        return answer.isEmpty ? nil : try text("checkpoint", in: answer)
    }

    // MARK: - Requests and answers

    private func ask(
        _ operation: String, _ members: [String: JSONValue]
    ) async throws(KeyBackendError) -> [String: JSONValue] {
        var members = members
        members["operation"] = .string(operation)
        let request = ControlRequest(json: JSONValue.object(members).encoded(), context: context)
        return try JSONValue.object(parsing: try await instance.control(request))
    }

    private func sealedKey(_ answer: [String: JSONValue]) throws(KeyBackendError) -> SealedKey {
        SealedKey(epoch: try number("epoch", in: answer), bytes: try bytes("sealedWrap", in: answer))
    }

    private func number(_ name: String, in answer: [String: JSONValue]) throws(KeyBackendError) -> UInt32 {
        guard case .number(let digits)? = answer[name], let number = UInt32(digits) else { throw Self.fault(name) }
        return number
    }

    private func count(_ name: String, in answer: [String: JSONValue]) throws(KeyBackendError) -> Int {
        guard case .number(let digits)? = answer[name], let count = Int(digits) else { throw Self.fault(name) }
        return count
    }

    private func text(_ name: String, in answer: [String: JSONValue]) throws(KeyBackendError) -> String {
        guard case .string(let text)? = answer[name] else { throw Self.fault(name) }
        return text
    }

    private func bytes(_ name: String, in answer: [String: JSONValue]) throws(KeyBackendError) -> [UInt8] {
        guard let bytes = PaddedBase64.decode(try text(name, in: answer)) else { throw Self.fault(name) }
        return bytes
    }

    private func receipt(in answer: [String: JSONValue]) throws(KeyBackendError) -> ShredReceipt {
        guard let receipt = answer["receipt"] else { throw Self.fault("receipt") }
        return try ShredReceipt(parsing: receipt.encoded())
    }

    private static func fault(_ what: String) -> KeyBackendError {
        KeyBackendError(
            .moduleFault,
            "The archive keys gave no answer for '\(what)' that can be read; check the module: module check.")
    }
}

extension JSONValue {
    /// In base64 with padding.
    fileprivate static func bytes(_ bytes: [UInt8]) -> JSONValue { .string(PaddedBase64.encode(bytes)) }
}
