internal import CStrongroomKeyBackend
internal import StrongroomCrypto
internal import Synchronization

/// One call of a module, with all memory that the module may read and write until it completes it.
///
/// The registry holds it from start to completion, so the memory outlives every deadline and
/// cancellation: a module that answers late writes into memory that is still there, and into no other.
@safe final class HostOperation: @unchecked Sendable {
    // Sendable, because the module alone touches the memory before completion and the waiter alone after
    // it, the lock of `state` lying between; `abandoned` calls are never read.

    /// What the answer needs room for.
    struct Room {
        var plaintext = 0
        var wrapped = 0
        var keyID = 0
        var keyVersion = 0
        var document = 0

        static let generate = Room(
            plaintext: GeneratedDataKey.sizeBytes, wrapped: Int(STRONGROOM_KEY_WRAPPED_MAX),
            keyID: Int(STRONGROOM_KEY_ID_MAX),
            keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let unwrap = Room(
            plaintext: GeneratedDataKey.sizeBytes, keyID: Int(STRONGROOM_KEY_ID_MAX),
            keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let rewrap = Room(
            wrapped: Int(STRONGROOM_KEY_WRAPPED_MAX), keyID: Int(STRONGROOM_KEY_ID_MAX),
            keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let describe = Room(keyID: Int(STRONGROOM_KEY_ID_MAX), keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let control = Room(document: Int(STRONGROOM_KEY_CONTROL_ANSWER_MAX))

        static func controlWithSecret(sizeBytesMax secretSizeBytesMax: Int) -> Room {
            Room(plaintext: secretSizeBytesMax, document: Int(STRONGROOM_KEY_CONTROL_ANSWER_MAX))
        }

        static let close = Room()
    }

    /// A part of the answer, and where in our memory it is. Never taken from the answer structure again:
    /// the module could have changed that.
    enum Part: Int, CaseIterable {
        case wrapped, keyID, keyVersion, document, message
    }

    let hostID: UInt64
    let function: ModuleFunction
    let cancellation: KeyCancellation
    let request: UnsafeMutablePointer<strongroom_key_request>
    let answer: UnsafeMutablePointer<strongroom_key_answer>
    private let memory: UnsafeMutableRawPointer
    private let parts: [Range<Int>]
    private var plaintext: SecretBytes?
    /// The context of a request with a secret, instead of the copy in `memory`.
    private var secretContext: SecretBytes?
    private let state = Mutex(OperationState())

    init(
        _ function: ModuleFunction, hostID: UInt64, context: [UInt8], secret: RequestSecret? = nil, input: [UInt8],
        room: Room, cancellation: KeyCancellation = .never
    ) throws(KeyBackendError) {
        (self.function, self.hostID) = (function, hostID)
        self.cancellation = cancellation
        let sizes = [
            room.wrapped, room.keyID, room.keyVersion, room.document, Int(STRONGROOM_KEY_MESSAGE_MAX), context.count,
            input.count,
        ]
        var offset = 0
        var ranges: [Range<Int>] = []
        for size in sizes {
            ranges.append(offset..<offset + size)
            offset += size
        }
        // Safe: one block that holds the ranges just computed, freed in deinit; the structures are set
        // completely before anybody reads them.
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: max(offset, 1), alignment: 16)
        unsafe request = UnsafeMutablePointer<strongroom_key_request>.allocate(capacity: 1)
        unsafe answer = UnsafeMutablePointer<strongroom_key_answer>.allocate(capacity: 1)
        parts = Array(ranges[0..<5])
        unsafe UnsafeMutableRawBufferPointer(start: memory + ranges[5].lowerBound, count: context.count)
            .copyBytes(from: context)
        unsafe UnsafeMutableRawBufferPointer(start: memory + ranges[6].lowerBound, count: input.count)
            .copyBytes(from: input)
        unsafe request.initialize(
            to: strongroom_key_request(
                size: UInt64(MemoryLayout<strongroom_key_request>.size),
                context: Self.bytes(memory, ranges[5]), input: Self.bytes(memory, ranges[6])))
        unsafe answer.initialize(to: strongroom_key_answer())
        unsafe answer.pointee.size = UInt64(MemoryLayout<strongroom_key_answer>.size)
        unsafe answer.pointee.wrapped = Self.buffer(memory, ranges[0])
        unsafe answer.pointee.key_id = Self.buffer(memory, ranges[1])
        unsafe answer.pointee.key_version = Self.buffer(memory, ranges[2])
        unsafe answer.pointee.document = Self.buffer(memory, ranges[3])
        unsafe answer.pointee.message = Self.buffer(memory, ranges[4])
        if room.plaintext > 0 { try preparePlaintext(room.plaintext) }
        if let secret { try prepareContext(context, secret) }
    }

    deinit {
        // Safe: the last reference is gone, so the module has completed the call or never had it.
        unsafe memory.deallocate()
        unsafe request.deallocate()
        unsafe answer.deallocate()
    }

    // MARK: - The end

    /// Returns false where it had ended before.
    @discardableResult
    func end(_ end: OperationEnd) -> Bool {
        switch state.withLock({ $0.end(end) }) {
        case .resume(let waiter):
            waiter?.resume(returning: end)
            return true
        case .ignore: return false
        }
    }

    var hasEnded: Bool { state.withLock { $0.end != nil } }

    /// Nobody waits: what a module hears when it polls.
    var isCancelled: Bool { cancellation.isCancelled || hasEnded }

    func wait() async -> OperationEnd {
        if let end = state.withLock({ $0.end }) { return end }
        return await withCheckedContinuation { continuation in
            if let end = state.withLock({ $0.wait(continuation) }) { continuation.resume(returning: end) }
        }
    }

    // MARK: - The answer; only after completion

    /// The bytes of a part; nil where the module claims more than there is room for.
    func part(_ part: Part) -> [UInt8]? {
        let range = parts[part.rawValue]
        // Safe: the size is compared with our own room; the bytes lie in our own memory.
        let size =
            switch part {
            case .wrapped: unsafe answer.pointee.wrapped.size
            case .keyID: unsafe answer.pointee.key_id.size
            case .keyVersion: unsafe answer.pointee.key_version.size
            case .document: unsafe answer.pointee.document.size
            case .message: unsafe answer.pointee.message.size
            }
        guard size <= UInt64(range.count) else { return nil }
        return unsafe [UInt8](
            UnsafeRawBufferPointer(start: memory.advanced(by: range.lowerBound), count: Int(size)))
    }

    /// What the module says for people, or what can be said without it.
    func message(otherwise text: String) -> String {
        guard let bytes = part(.message), !bytes.isEmpty else { return text }
        return String(decoding: bytes, as: UTF8.self).withoutControlCharacters
    }

    /// The module's own name for a failure; nil where it gives none, or one that is none.
    var reason: String? {
        guard let bytes = part(.document), !bytes.isEmpty, bytes.count <= Int(STRONGROOM_KEY_MESSAGE_MAX),
            let members = try? JSONValue.object(parsing: bytes), case .string(let reason)? = members["reason"]
        else { return nil }
        return reason.withoutControlCharacters
    }

    var plaintextSize: UInt64 { unsafe answer.pointee.plaintext.size }
    var health: UInt32 { unsafe answer.pointee.health }

    /// Gives out the plaintext key; once.
    func takePlaintext() -> SecretBytes? { plaintext.take() }

    private func preparePlaintext(_ count: Int) throws(KeyBackendError) {
        plaintext = try SecretBytes(count: count) {
            (room: inout MutableRawSpan) throws(KeyBackendError) in
            unsafe room.withUnsafeMutableBytes { room in
                // Safe: a secret's memory does not move while it lives; this object owns it until the
                // module has completed the call, and nobody reads it before.
                unsafe answer.pointee.plaintext = strongroom_key_buffer(
                    data: room.baseAddress?.assumingMemoryBound(to: UInt8.self), capacity: UInt64(room.count), size: 0)
            }
        }
    }

    /// The request's context again, with the secret behind it, in locked memory.
    private func prepareContext(_ context: [UInt8], _ secret: RequestSecret) throws(KeyBackendError) {
        var head = TLVWriter(continuing: context)
        let value = secret.value
        head.appendHeader(secret.type, valueSize: value.bytes.count)
        let size = head.bytes.count + value.bytes.count
        guard size <= SecretBytes.countMaximum else {
            throw KeyBackendError(
                .invalidRequest,
                "A request with a secret has \(size) bytes; the limit is \(SecretBytes.countMaximum).")
        }
        secretContext = try SecretBytes(count: size) { (room: inout MutableRawSpan) throws(KeyBackendError) in
            for (offset, byte) in head.bytes.enumerated() { room.store(byte, at: offset) }
            try value.bytes.withBytes { (bytes) throws(KeyBackendError) in
                room.overwrite(with: bytes, at: head.bytes.count)
            }
            unsafe room.withUnsafeMutableBytes { room in
                // Safe: a secret's memory does not move while it lives, and this object owns it until the module
                // has completed the call.
                unsafe request.pointee.context = strongroom_key_bytes(
                    data: UnsafePointer(room.baseAddress?.assumingMemoryBound(to: UInt8.self)), size: UInt64(size))
            }
        }
    }

    /// Where the module has not filled all of it, what it has filled; nil where it has filled nothing. `plaintextSize`
    /// must not be more than there is room for.
    func takeSecret() throws(KeyBackendError) -> SharedSecret? {
        let size = plaintextSize
        guard size > 0, let room = takePlaintext() else { return nil }
        precondition(size <= UInt64(room.count), "a secret of \(size) bytes is read from \(room.count)")
        if size == UInt64(room.count) { return SharedSecret(room) }
        return SharedSecret(
            try room.withBytes { (bytes) throws(KeyBackendError) in
                try SecretBytes(count: Int(size)) { (part: inout MutableRawSpan) throws(KeyBackendError) in
                    part.overwrite(with: bytes.extracting(0..<Int(size)))
                }
            })
    }

    private static func bytes(_ memory: UnsafeMutableRawPointer, _ range: Range<Int>) -> strongroom_key_bytes {
        unsafe strongroom_key_bytes(
            data: UnsafePointer(memory.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self)),
            size: UInt64(range.count))
    }

    private static func buffer(_ memory: UnsafeMutableRawPointer, _ range: Range<Int>) -> strongroom_key_buffer {
        unsafe strongroom_key_buffer(
            data: memory.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self),
            capacity: UInt64(range.count), size: 0)
    }
}

/// A secret that goes with a request, and what the contract calls it.
struct RequestSecret: Sendable {
    var type: Int
    var value: SharedSecret

    /// Nil where the request has none.
    static func customerKey(_ key: SharedSecret?) -> RequestSecret? {
        key.map { RequestSecret(type: STRONGROOM_KEY_TLV_CUSTOMER_KEY, value: $0) }
    }

    /// Nil where the request has none.
    static func control(_ secret: SharedSecret?) -> RequestSecret? {
        secret.map { RequestSecret(type: STRONGROOM_KEY_TLV_CONTROL_SECRET, value: $0) }
    }
}
