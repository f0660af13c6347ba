internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// Administration, and the sealing of wrapped keys. Each request is a JSON object with a member `operation`; bytes are
/// in base64 with padding. Members that an operation does not know make it fail with `invalidRequest`.
///
/// - `status` answers `backend`, `version`, `keyringId`, `rootKey` ("file" or "passphrase"), `currentEpoch`,
///   `receiptPublicKey` (Ed25519) and `epochs`: of each `epoch`, `state` ("current", "retired" or "destroyed"),
///   `createdMilliseconds`, where it applies `rotatedMilliseconds` and `destroyedMilliseconds`, and
///   `sealedSinceOpening`, which counts what this instance has sealed, and no other.
/// - `rotate-epoch` begins an epoch; it answers `currentEpoch`.
/// - `destroy-epoch`, with `epoch` and `confirm` ("destroy epoch N of KEYRINGID"), erases the key of an epoch that is
///   not the current one. It cannot be undone. It answers `receipt`, `previousFileOverwritten` and `dependencies`: what
///   the stores of the process say is under the epoch. It is refused (`keyInUse`) while object lock keeps any of that
///   in compliance mode, which nothing overrides; and where nobody knows, or not every store can tell, unless
///   `acceptUnknownDependencies` is true.
/// - `shred-receipt`, with `epoch`, answers the `receipt` of a destroyed epoch again.
/// - `seal-wrap`, with `wrap` (1 to 8192 bytes) and `context` (1 to 16384), answers `sealedWrap` and `epoch`.
/// - `open-wrap`, with `sealedWrap` and the same `context`, answers `wrap` and `epoch`.
/// - `reseal-wrap`, with `sealedWrap` and the same `context`, seals it in the current epoch; answers as `seal-wrap`.
///
/// A wrapped key is ciphertext, and so is a sealed one: none of these carries a secret.
extension GlacierBackend {
    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        let answer: JSONValue
        switch members.operation {
        case "status": answer = try status(members)
        case "rotate-epoch": answer = try await rotateEpoch(members, request.context)
        case "destroy-epoch": answer = try await destroyEpoch(members, request.context)
        case "shred-receipt": answer = try shredReceipt(members)
        case "seal-wrap": answer = try sealWrap(members)
        case "open-wrap": answer = try openWrap(members)
        case "reseal-wrap": answer = try resealWrap(members)
        default:
            throw KeyBackendError(
                .unsupported,
                "The archive keys have no operation '\(members.operation)'; there are status, rotate-epoch, "
                    + "destroy-epoch, shred-receipt, seal-wrap, open-wrap and reseal-wrap.")
        }
        return answer.encoded()
    }

    private func status(_ members: ControlMembers) throws(KeyBackendError) -> JSONValue {
        try members.allow(only: [])
        let document = try keyring().document
        let counts = try sealedCounts()
        let epochs = document.epochs.map { epoch in
            var fields: [String: JSONValue] = [
                "epoch": .number(String(epoch.number)),
                "createdMilliseconds": .number(String(epoch.createdMilliseconds)),
                "sealedSinceOpening": .number(String(counts[epoch.number] ?? 0)),
            ]
            let isCurrent = epoch.number == document.epochs.last?.number
            fields["state"] = .string(isCurrent ? "current" : epoch.isDestroyed ? "destroyed" : "retired")
            if !isCurrent { fields["rotatedMilliseconds"] = .number(String(epoch.rotatedMilliseconds)) }
            if epoch.isDestroyed { fields["destroyedMilliseconds"] = .number(String(epoch.destroyedMilliseconds)) }
            return JSONValue.object(fields)
        }
        return .object([
            "backend": .string("glacier"), "version": .string(GlacierKeys.version),
            "keyringId": .string(Hexadecimal.encode(document.header.keyringID)),
            "rootKey": .string(document.header.rootSource.name),
            "receiptPublicKey": .string(PaddedBase64.encode(document.receiptPublicKey)),
            "currentEpoch": .number(String(document.epochs.count)), "epochs": .array(epochs),
        ])
    }

    // MARK: - Epochs

    private func rotateEpoch(
        _ members: ControlMembers, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> JSONValue {
        try members.allow(only: [])
        let number = try await onOwnThread(context) { [self] () throws(KeyBackendError) in try rotateEpoch() }
        return .object(["currentEpoch": .number(String(number))])
    }

    private func destroyEpoch(
        _ members: ControlMembers, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> JSONValue {
        try members.allow(only: ["epoch", "confirm", "acceptUnknownDependencies"])
        let number = try members.number("epoch")
        let sentence = "destroy epoch \(number) of \(Hexadecimal.encode(try keyring().keyringID))"
        guard try members.string("confirm") == sentence else {
            throw KeyBackendError(
                .invalidRequest,
                "Nobody can undo the destruction of an epoch; if that is what you want, the member 'confirm' must be "
                    + "'\(sentence)'.")
        }
        // Before the question: while an epoch is the current one, the answer is old as soon as it is given.
        try keyring().checkDestroyable(number)
        let dependencies = try await checkDependencies(
            on: number, acceptingUnknown: try members.boolean("acceptUnknownDependencies"))
        let remnant = try await onOwnThread(context) { [self] () throws(KeyBackendError) in
            try destroyEpoch(number)
        }
        if let remnant {
            host.log(.warning, "Epoch \(number) is destroyed, but its file was not overwritten: \(remnant.message)")
        }
        return .object([
            "receipt": try receipt(of: number), "previousFileOverwritten": .boolean(remnant == nil),
            "dependencies": dependencies.json,
        ])
    }

    /// Only for an epoch that is not the current one: nothing more is sealed in it. What may still come after the
    /// answer is a lock on an object that is there already, and an object whose key was sealed before the epoch ended,
    /// if it has not been committed yet.
    private func checkDependencies(
        on number: UInt32, acceptingUnknown: Bool
    ) async throws(KeyBackendError) -> KeyDependencies {
        let found = await host.dependencies(on: GlacierKeys.keyID, version: String(number))
        try found.checkNothingLocked(under: "epoch \(number) of the archive keys")
        if let unknown = found.unknown, !acceptingUnknown {
            throw KeyBackendError(
                .invalidRequest,
                "Nobody knows whether objects that may not be deleted yet depend on epoch \(number): \(unknown) If "
                    + "the epoch is to be destroyed all the same, the member 'acceptUnknownDependencies' must be true.")
        }
        return found
    }

    private func shredReceipt(_ members: ControlMembers) throws(KeyBackendError) -> JSONValue {
        try members.allow(only: ["epoch"])
        return .object(["receipt": try receipt(of: try members.number("epoch"))])
    }

    private func receipt(of number: UInt32) throws(KeyBackendError) -> JSONValue {
        guard case .destroyed(let receipt) = try keyring().epoch(number).key else {
            throw KeyBackendError(
                .invalidKeyState, "Epoch \(number) of the archive keys has not been destroyed, so it has no receipt.")
        }
        return try JSONValue(parsing: receipt)
    }

    /// Changes of the keyring block. One that nobody waits for any more when its turn comes is not begun.
    private func onOwnThread<R: Sendable>(
        _ context: KeyRequestContext, _ body: @escaping @Sendable () throws(KeyBackendError) -> R
    ) async throws(KeyBackendError) -> R {
        let threads = IOThreadPool(threadCount: 1, name: "archive-keys")
        let outcome: Result<R, KeyBackendError>
        do throws(KeyBackendError) {
            outcome = .success(
                try await threads.run { () throws(KeyBackendError) in
                    if context.cancellation.isCancelled {
                        throw KeyBackendError(.cancelled, "Nobody waits for the change any more; nothing was changed.")
                    }
                    return try body()
                })
        } catch {
            outcome = .failure(error)
        }
        await threads.shutDown()
        return try outcome.get()
    }

    // MARK: - Wraps around wraps

    private func sealWrap(_ members: ControlMembers) throws(KeyBackendError) -> JSONValue {
        try members.allow(only: ["wrap", "context"])
        let wrap = try members.bytes("wrap", countMax: SealedWrap.wrapSizeBytesMax)
        return Self.answer(try seal(wrap, boundTo: try Self.context(members)))
    }

    private func openWrap(_ members: ControlMembers) throws(KeyBackendError) -> JSONValue {
        try members.allow(only: ["sealedWrap", "context"])
        let sealed = try Self.sealedWrap(members)
        let wrap = try sealed.open(boundTo: try Self.context(members), try keyring())
        return .object(["wrap": .string(PaddedBase64.encode(wrap)), "epoch": .number(String(sealed.epoch))])
    }

    private func resealWrap(_ members: ControlMembers) throws(KeyBackendError) -> JSONValue {
        try members.allow(only: ["sealedWrap", "context"])
        let context = try Self.context(members)
        let wrap = try Self.sealedWrap(members).open(boundTo: context, try keyring())
        return Self.answer(try seal(wrap, boundTo: context))
    }

    private static func sealedWrap(_ members: ControlMembers) throws(KeyBackendError) -> SealedWrap {
        try SealedWrap(try members.bytes("sealedWrap", countMax: SealedWrap.sizeBytesMax))
    }

    private static func context(_ members: ControlMembers) throws(KeyBackendError) -> [UInt8] {
        try members.bytes("context", countMax: SealedWrap.contextSizeBytesMax)
    }

    private static func answer(_ sealed: SealedWrap) -> JSONValue {
        .object(["sealedWrap": .string(PaddedBase64.encode(sealed.bytes)), "epoch": .number(String(sealed.epoch))])
    }
}
