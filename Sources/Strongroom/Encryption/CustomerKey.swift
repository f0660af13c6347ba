public import StrongroomCrypto
internal import StrongroomSystem

/// A key of the caller's own, for SSE-C: it comes with each request, in locked memory, and is kept by nobody. Whoever
/// loses it has lost the objects that it seals.
public struct CustomerKey: Sendable {
    /// Bytes of every such key.
    public static let sizeBytes = 32

    let secret: SharedSecret

    /// A key of ``sizeBytes`` bytes.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument`` for a key of another length.
    public init(_ secret: SharedSecret) throws(StoreError) {
        try Self.check(secret)
        self.secret = secret
    }

    /// A key made of a copy of `bytes`. Wipe them: they are as secret as the key.
    ///
    /// - Throws: as ``init(_:)``; ``StoreError/Code/secretMemoryUnavailable``.
    public init(copying bytes: RawSpan) throws(StoreError) {
        do throws(SecretMemoryError) {
            secret = SharedSecret(try SecretBytes(copying: bytes))
        } catch {
            throw StoreError(error)
        }
        try Self.check(secret)
    }

    /// A new random key. Keep it elsewhere, or what it seals is lost with the process.
    ///
    /// - Throws: ``StoreError/Code/secretMemoryUnavailable``.
    public static func random() throws(StoreError) -> CustomerKey {
        do throws(SecretMemoryError) {
            return CustomerKey(unchecked: SharedSecret(try SecretBytes.random(count: sizeBytes)))
        } catch {
            throw StoreError(error)
        }
    }

    private init(unchecked secret: SharedSecret) { self.secret = secret }

    private static func check(_ secret: SharedSecret) throws(StoreError) {
        guard secret.bytes.count == sizeBytes else {
            throw StoreError(.invalidArgument, "A customer key has \(sizeBytes) bytes, not \(secret.bytes.count).")
        }
    }

    /// A key that comes with its MD5, as over HTTP: against a slip on the way, not against anybody.
    ///
    /// - Parameters:
    ///   - secret: ``sizeBytes`` bytes.
    ///   - md5: their MD5, 16 bytes.
    /// - Throws: ``StoreError/Code/invalidArgument`` for a key of another length or with another MD5.
    public init(_ secret: SharedSecret, md5: [UInt8]) throws(StoreError) {
        try self.init(secret)
        let actual: [UInt8]
        do throws(SealError) {
            actual = try secret.bytes.withBytes { (bytes) throws(SealError) in try Digest.hash(.md5, bytes) }
        } catch {
            throw StoreError(error)
        }
        guard ConstantTime.areEqual(actual, md5) else {
            throw StoreError(
                .invalidArgument, "The customer key's MD5 is not the one that came with it; send both again.")
        }
    }
}

extension CustomerKey: Hashable {
    /// Whether both are the same key, compared in constant time.
    public static func == (left: CustomerKey, right: CustomerKey) -> Bool {
        left.secret === right.secret || ((try? left.secret.bytes.isEqual(to: right.secret.bytes)) ?? false)
    }

    /// Of no use to whoever would learn the key: all keys have one hash.
    public func hash(into hasher: inout Hasher) {}
}
