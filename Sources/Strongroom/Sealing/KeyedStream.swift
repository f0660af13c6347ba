internal import StrongroomCrypto
internal import StrongroomSystem

/// A payload's sealed stream, in one layer or in two, together with the data key that it is sealed under. Both have one
/// owner.
///
/// Of two layers the outer one seals what the inner one gives, header included, by another implementation of the
/// cipher and under a key of its own: neither a fault of one library nor the loss of one key lays the object bare.
final class KeyedStream {
    private static let wholePartUID = PayloadSealer.wholePartUID

    let dataKey: DataKey
    /// How the object's row keeps it; nil for a part, whose upload's row says so already.
    let wrap: WrappedKey?
    /// What the stored payload starts with.
    let header: [UInt8]
    /// Of the inner layer, which the object's key proves.
    let commitment: [UInt8]
    private var inner: StreamSealer
    private let outer: Layer?

    private final class Layer {
        var stream: StreamSealer

        init(_ stream: consuming StreamSealer) { self.stream = stream }
    }

    init(
        _ dataKey: DataKey, _ wrap: WrappedKey?, _ suite: SealedStreamSuite, objectUID: [UInt8],
        partUID: [UInt8] = wholePartUID, random: SystemRandom
    ) throws(SealError) {
        func context(_ layer: UInt8) -> [UInt8] {
            CanonicalFields.streamContext(objectUID: objectUID, partUID: partUID, layer: layer)
        }
        self.dataKey = dataKey
        self.wrap = wrap
        let isLayered = dataKey.outerLayer != nil
        let inner = try StreamSealer(
            suite, key: dataKey.prepared, context: context(1), random: random,
            implementation: try .ofInnerLayer(ofTwo: isLayered))
        commitment = inner.commitment
        let innerHeader = inner.header
        self.inner = inner
        guard let outerKey = dataKey.outerLayer else {
            header = innerHeader
            outer = nil
            return
        }
        var stream = try StreamSealer(suite, key: outerKey.prepared, context: context(2), random: random)
        var header = stream.header
        // Safe: a UInt8 is raw bytes.
        try stream.append(unsafe innerHeader.span.bytes, to: &header)
        self.header = header
        outer = Layer(stream)
    }

    var layers: UInt8 { outer == nil ? 1 : 2 }

    /// Appends what is sealed of the plaintext so far.
    func append(_ plaintext: RawSpan, to output: inout [UInt8]) throws(SealError) {
        guard let outer else { return try inner.append(plaintext, to: &output) }
        var sealed: [UInt8] = []
        sealed.reserveCapacity(plaintext.byteCount + SealedStreamGeometry.headerSizeBytes)
        try inner.append(plaintext, to: &sealed)
        // Safe: a UInt8 is raw bytes.
        try outer.stream.append(unsafe sealed.span.bytes, to: &output)
    }

    /// Seals the last bytes and ends the stream.
    func finish(with rest: RawSpan, to output: inout [UInt8]) throws(SealError) {
        guard let outer else { return try inner.finish(with: rest, to: &output) }
        var sealed: [UInt8] = []
        try inner.finish(with: rest, to: &sealed)
        // Safe: a UInt8 is raw bytes.
        try outer.stream.finish(with: unsafe sealed.span.bytes, to: &output)
    }
}

extension AEADImplementation {
    /// Whose code does the inner layer: of two another one than the outer.
    ///
    /// - Throws: `cryptoFailure` where it was left out of the build, which is found out before a key is asked for.
    static func ofInnerLayer(ofTwo isLayered: Bool) throws(SealError) -> AEADImplementation {
        guard isLayered else { return .openSSL }
        guard let innerLayer else {
            throw SealError(.cryptoFailure, "The build lacks the cryptographic library of the inner layer.")
        }
        return innerLayer
    }
}

extension SealedStreamGeometry {
    /// Size of what is stored of a payload in so many layers.
    func sealedSizeBytes(_ plaintextBytes: UInt64, layers: UInt8) -> UInt64 {
        (0..<layers).reduce(plaintextBytes) { size, _ in sealedSizeBytes(plaintextSizeBytes: size) }
    }
}
