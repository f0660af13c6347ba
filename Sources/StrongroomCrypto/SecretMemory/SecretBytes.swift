internal import COpenSSL
package import StrongroomSystem

/// A secret of a fixed size: in memory that is locked, left out of core dumps, wiped in forked
/// children, and zeroed when the secret goes.
///
/// It has one owner; where several need it, `copy()` it or share a `SharedSecret`. It has no textual
/// description and does not turn into an array: what uses it borrows its bytes for the length of a call.
@safe public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Safe to send and share: the memory is written before the initializer returns, and never after.

    /// The largest number of bytes a secret can have.
    public static let countMaximum = SecretArena.countMaximum

    /// The number of bytes.
    public let count: Int
    private let slot: UnsafeMutableRawPointer

    /// Makes a secret of `count` bytes, which `body` finds zeroed and fills.
    public init<E: SecretMemoryErrorConvertible>(
        count: Int, initializingWith body: (inout MutableRawSpan) throws(E) -> Void
    ) throws(E) {
        precondition(count >= 0, "a secret of \(count) bytes")
        self = try Self.make(count, body)
    }

    /// Makes a secret of `count` bytes, which `body` finds zeroed and fills.
    public init(
        count: Int, initializingWith body: (inout MutableRawSpan) -> Void
    ) throws(SecretMemoryError) {
        try self.init(count: count) { (span: inout MutableRawSpan) throws(SecretMemoryError) in body(&span) }
    }

    /// Copies bytes into a secret. The caller wipes the original.
    public init(copying bytes: RawSpan) throws(SecretMemoryError) {
        try self.init(count: bytes.byteCount) { span in span.overwrite(with: bytes) }
    }

    private init(slot: UnsafeMutableRawPointer, count: Int) {
        // Safe: the caller gives up the slot, which has `count` bytes.
        unsafe self.slot = slot
        self.count = count
    }

    private static func make<E: SecretMemoryErrorConvertible>(
        _ count: Int, _ body: (inout MutableRawSpan) throws(E) -> Void
    ) throws(E) -> SecretBytes {
        let secret: SecretBytes
        do {
            // Safe: the slot has `count` bytes and nobody else knows of it.
            secret = unsafe SecretBytes(slot: try SecretArena.shared.allocate(count), count: count)
        } catch {
            throw E(secretMemory: error)
        }
        // What `body` throws destroys `secret`, which releases the slot.
        try secret.fill(body)
        return secret
    }

    private borrowing func fill<E: Error>(_ body: (inout MutableRawSpan) throws(E) -> Void) throws(E) {
        // Safe: called once, before anybody else sees the slot; the span does not outlive the call.
        var span = unsafe MutableRawSpan(_unsafeStart: slot, byteCount: count)
        try body(&span)
    }

    deinit {
        // Safe: the slot came from the arena with this count, and is given back once.
        unsafe SecretArena.shared.release(slot, count)
    }

    /// A secret drawn from the kernel's random generator.
    public static func random(count: Int) throws(SecretMemoryError) -> SecretBytes {
        try random(count: count, from: SystemRandom())
    }

    package static func random(count: Int, from source: some RandomSource) throws(SecretMemoryError) -> SecretBytes {
        try SecretBytes(count: count) { span in source.fill(&span) }
    }

    /// Lends the bytes to `body`. Throws, before `body` runs, in a process that was forked.
    public borrowing func withBytes<R: ~Copyable, E: SecretMemoryErrorConvertible>(
        _ body: (RawSpan) throws(E) -> R
    ) throws(E) -> R {
        do {
            unsafe try SecretArena.shared.checkCanary(of: slot)
        } catch {
            throw E(secretMemory: error)
        }
        // Safe: the slot has `count` bytes, nobody writes to them, and they outlive this call.
        return try body(unsafe RawSpan(_unsafeStart: slot, byteCount: count))
    }

    /// Lends the bytes to `body`. Throws, before `body` runs, in a process that was forked.
    public borrowing func withBytes<R: ~Copyable>(_ body: (RawSpan) -> R) throws(SecretMemoryError) -> R {
        try withBytes { (bytes) throws(SecretMemoryError) in body(bytes) }
    }

    /// A second secret with the same bytes.
    public borrowing func copy() throws(SecretMemoryError) -> SecretBytes {
        try withBytes { (bytes) throws(SecretMemoryError) in try SecretBytes(copying: bytes) }
    }

    /// Whether both hold the same bytes, in a time that depends on their sizes alone.
    public borrowing func isEqual(to other: borrowing SecretBytes) throws(SecretMemoryError) -> Bool {
        try withBytes { (mine) throws(SecretMemoryError) in
            try other.withBytes { theirs in ConstantTime.areEqual(mine, theirs) }
        }
    }
}
