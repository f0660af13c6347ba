internal import StrongroomCrypto
internal import StrongroomKeys

/// The control requests for wraps around wraps.
extension GlacierBackend {
    func sealWrap(_ members: ControlMembers, _ context: KeyRequestContext) async throws(KeyBackendError) -> JSONValue {
        try await answer(ArchiveCall(.sealWrap, context)) { (call) throws(KeyBackendError) in
            try members.allow(only: ["wrap", "context"])
            let wrap = try members.bytes("wrap", countMax: SealedWrap.wrapSizeBytesMax)
            return try seal(wrap, boundTo: try Self.binding(members, call), call)
        }
    }

    func openWrap(_ members: ControlMembers, _ context: KeyRequestContext) async throws(KeyBackendError) -> JSONValue {
        try await answer(ArchiveCall(.openWrap, context)) { (call) throws(KeyBackendError) in
            try members.allow(only: ["sealedWrap", "context"])
            let sealed = try Self.sealedWrap(members, call)
            let wrap = try sealed.open(boundTo: try Self.binding(members, call), try keyring())
            return .object(["wrap": .string(PaddedBase64.encode(wrap)), "epoch": .number(String(sealed.epoch))])
        }
    }

    func resealWrap(
        _ members: ControlMembers, _ context: KeyRequestContext
    ) async throws(KeyBackendError) -> JSONValue {
        try await answer(ArchiveCall(.resealWrap, context)) { (call) throws(KeyBackendError) in
            try members.allow(only: ["sealedWrap", "context"])
            let sealed = try Self.sealedWrap(members, call)
            let binding = try Self.binding(members, call)
            return try seal(try sealed.open(boundTo: binding, try keyring()), boundTo: binding, call)
        }
    }

    private func seal(
        _ wrap: [UInt8], boundTo binding: [UInt8], _ call: ArchiveCall
    ) throws(KeyBackendError) -> JSONValue {
        let sealed = try seal(wrap, boundTo: binding)
        call.seals(in: sealed.epoch)
        return .object([
            "sealedWrap": .string(PaddedBase64.encode(sealed.bytes)), "epoch": .number(String(sealed.epoch)),
        ])
    }

    private static func sealedWrap(
        _ members: ControlMembers, _ call: ArchiveCall
    ) throws(KeyBackendError) -> SealedWrap {
        let sealed = try SealedWrap(try members.bytes("sealedWrap", countMax: SealedWrap.sizeBytesMax))
        call.opens(in: sealed.epoch)
        return sealed
    }

    private static func binding(_ members: ControlMembers, _ call: ArchiveCall) throws(KeyBackendError) -> [UInt8] {
        let binding = try members.bytes("context", countMax: SealedWrap.contextSizeBytesMax)
        try call.asks(boundTo: binding)
        return binding
    }
}
