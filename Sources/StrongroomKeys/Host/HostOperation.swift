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
        var plaintext = false
        var wrapped = 0
        var keyID = 0
        var keyVersion = 0
        var document = 0

        static let generate = Room(
            plaintext: true, wrapped: Int(STRONGROOM_KEY_WRAPPED_MAX), keyID: Int(STRONGROOM_KEY_ID_MAX),
            keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let unwrap = Room(
            plaintext: true, keyID: Int(STRONGROOM_KEY_ID_MAX), keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let rewrap = Room(
            wrapped: Int(STRONGROOM_KEY_WRAPPED_MAX), keyID: Int(STRONGROOM_KEY_ID_MAX),
            keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let describe = Room(keyID: Int(STRONGROOM_KEY_ID_MAX), keyVersion: Int(STRONGROOM_KEY_VERSION_MAX))
        static let control = Room(document: Int(STRONGROOM_KEY_CONTROL_ANSWER_MAX))
        static let close = Room()
    }

    /// A part of the answer, and where in our memory it is. Never taken from the answer structure again:
    /// the module could have changed that.
    enum Part: Int, CaseIterable {
        case wrapped, keyID, keyVersion, document, message
    }

    let hostID: UInt64
    let cancellation: KeyCancellation
    let request: UnsafeMutablePointer<strongroom_key_request>
    let answer: UnsafeMutablePointer<strongroom_key_answer>
    private let memory: UnsafeMutableRawPointer
    private let parts: [Range<Int>]
    private var plaintext: SecretBytes?
    /// The context of a request with a customer's key, instead of the copy in `memory`.
    private var secretContext: SecretBytes?
    private let state = Mutex(OperationState())

    init(
        hostID: UInt64, context: [UInt8], customerKey: SharedSecret? = nil, input: [UInt8], room: Room,
        cancellation: KeyCancellation = .never
    ) throws(KeyBackendError) {
        self.hostID = hostID
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
        if room.plaintext { try preparePlaintext() }
        if let customerKey { try prepareContext(context, customerKey) }
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

    var plaintextSize: UInt64 { unsafe answer.pointee.plaintext.size }
    var health: UInt32 { unsafe answer.pointee.health }

    /// Gives out the plaintext key; once.
    func takePlaintext() -> SecretBytes? { plaintext.take() }

    private func preparePlaintext() throws(KeyBackendError) {
        plaintext = try SecretBytes(count: GeneratedDataKey.sizeBytes) {
            (room: inout MutableRawSpan) throws(KeyBackendError) in
            unsafe room.withUnsafeMutableBytes { room in
                // Safe: a secret's memory does not move while it lives; this object owns it until the
                // module has completed the call, and nobody reads it before.
                unsafe answer.pointee.plaintext = strongroom_key_buffer(
                    data: room.baseAddress?.assumingMemoryBound(to: UInt8.self), capacity: UInt64(room.count), size: 0)
            }
        }
    }

    /// The request's context again, with the key behind it, in locked memory.
    private func prepareContext(_ context: [UInt8], _ customerKey: SharedSecret) throws(KeyBackendError) {
        var head = TLVWriter(continuing: context)
        head.appendHeader(STRONGROOM_KEY_TLV_CUSTOMER_KEY, valueSize: customerKey.bytes.count)
        let size = head.bytes.count + customerKey.bytes.count
        guard size <= SecretBytes.countMaximum else {
            throw KeyBackendError(
                .invalidRequest,
                "A request with a customer key has \(size) bytes; the limit is \(SecretBytes.countMaximum).")
        }
        secretContext = try SecretBytes(count: size) { (room: inout MutableRawSpan) throws(KeyBackendError) in
            for (offset, byte) in head.bytes.enumerated() { room.store(byte, at: offset) }
            try customerKey.bytes.withBytes { (key) throws(KeyBackendError) in
                for offset in 0..<key.byteCount { room.store(key.byte(at: offset), at: head.bytes.count + offset) }
            }
            unsafe room.withUnsafeMutableBytes { room in
                // Safe: a secret's memory does not move while it lives, and this object owns it until the module
                // has completed the call.
                unsafe request.pointee.context = strongroom_key_bytes(
                    data: UnsafePointer(room.baseAddress?.assumingMemoryBound(to: UInt8.self)), size: UInt64(size))
            }
        }
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
