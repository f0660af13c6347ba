internal import StrongroomAudit
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
/// - `audit-status` answers `audit` ("on" or "off") and, where it is on, how the trail is: `publicKey`, `recordCount`,
///   `signedRecordCount`, `checkpoint` and, while nothing can be recorded, `failure`. It leaves no record itself.
/// - `audit-checkpoint` answers the `checkpoint`, made at once; nothing where the trail is off. It leaves no record.
///
/// A wrapped key is ciphertext, and so is a sealed one: none of these carries a secret.
extension GlacierBackend {
    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        let answer: JSONValue
        let context = request.context
        switch members.operation {
        case "status": answer = try await status(members, context)
        case "rotate-epoch": answer = try await rotateEpoch(members, context)
        case "destroy-epoch": answer = try await destroyEpoch(members, context)
        case "shred-receipt": answer = try await shredReceipt(members, context)
        case "seal-wrap": answer = try await sealWrap(members, context)
        case "open-wrap": answer = try await openWrap(members, context)
        case "reseal-wrap": answer = try await resealWrap(members, context)
        case "audit-status": answer = try auditStatus(members)
        case "audit-checkpoint": answer = try await auditCheckpoint(members)
        default:
            throw KeyBackendError(
                .unsupported,
                "The archive keys have no operation '\(members.operation)'; there are status, rotate-epoch, "
                    + "destroy-epoch, shred-receipt, seal-wrap, open-wrap, reseal-wrap, audit-status and "
                    + "audit-checkpoint.")
        }
        return answer.encoded()
    }

    private func status(
        _ members: ControlMembers, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> JSONValue {
        try await answer(ArchiveCall(.status, context)) { (_) throws(KeyBackendError) in
            try members.allow(only: [])
            return try status()
        }
    }

    private func status() throws(KeyBackendError) -> JSONValue {
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
        let call = ArchiveCall(.rotateEpoch, context)
        do throws(KeyBackendError) {
            try members.allow(only: [])
            let number = try await change(call) { [self] () throws(KeyBackendError) in try rotateEpoch(call) }
            return .object(["currentEpoch": .number(String(number))])
        } catch {
            throw await refused(call, error)
        }
    }

    private func destroyEpoch(
        _ members: ControlMembers, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> JSONValue {
        let call = ArchiveCall(.destroyEpoch, context)
        do throws(KeyBackendError) {
            return try await destroyEpoch(members, call)
        } catch {
            throw await refused(call, error)
        }
    }

    private func destroyEpoch(
        _ members: ControlMembers, _ call: ArchiveCall
    ) async throws(KeyBackendError) -> JSONValue {
        try members.allow(only: ["epoch", "confirm", "acceptUnknownDependencies"])
        let number = try members.number("epoch")
        call.asks("epoch", .integer(Int64(number)))
        let sentence = "destroy epoch \(number) of \(Hexadecimal.encode(try keyring().keyringID))"
        guard try members.string("confirm") == sentence else {
            throw KeyBackendError(
                .invalidRequest,
                "Nobody can undo the destruction of an epoch; if that is what you want, the member 'confirm' must be "
                    + "'\(sentence)'.")
        }
        let acceptsUnknown = try members.boolean("acceptUnknownDependencies")
        call.asks("acceptUnknownDependencies", .boolean(acceptsUnknown))
        // Before the question: while an epoch is the current one, the answer is old as soon as it is given.
        try keyring().checkDestroyable(number)
        let dependencies = try await checkDependencies(on: number, acceptingUnknown: acceptsUnknown, call)
        let (receipt, remnant) = try await change(call) { [self] () throws(KeyBackendError) in
            try destroyEpoch(number, call)
        }
        if let remnant {
            host.log(.warning, "Epoch \(number) is destroyed, but its file was not overwritten: \(remnant.message)")
        }
        return .object([
            "receipt": try JSONValue(parsing: receipt), "previousFileOverwritten": .boolean(remnant == nil),
            "dependencies": dependencies.json,
        ])
    }

    /// Only for an epoch that is not the current one: nothing more is sealed in it. What may still come after the
    /// answer is a lock on an object that is there already, and an object whose key was sealed before the epoch ended,
    /// if it has not been committed yet.
    private func checkDependencies(
        on number: UInt32, acceptingUnknown: Bool, _ call: ArchiveCall
    ) async throws(KeyBackendError) -> KeyDependencies {
        let found = await host.dependencies(on: GlacierKeys.keyID, version: String(number))
        call.found(found)
        try found.checkNothingLocked(under: "epoch \(number) of the archive keys")
        if let unknown = found.unknown, !acceptingUnknown {
            throw KeyBackendError(
                .invalidRequest,
                "Nobody knows whether objects that may not be deleted yet depend on epoch \(number): \(unknown) If "
                    + "the epoch is to be destroyed all the same, the member 'acceptUnknownDependencies' must be true.")
        }
        return found
    }

    private func shredReceipt(
        _ members: ControlMembers, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> JSONValue {
        try await answer(ArchiveCall(.shredReceipt, context)) { (call) throws(KeyBackendError) in
            try members.allow(only: ["epoch"])
            let number = try members.number("epoch")
            call.asks("epoch", .integer(Int64(number)))
            let receipt = try keyring().receipt(of: number)
            try call.answers(receipt)
            return .object(["receipt": try JSONValue(parsing: receipt)])
        }
    }
}
