internal import StrongroomCrypto
internal import StrongroomKeys

/// The MACs under an object's data key. Backends may ignore, mangle or have no context of their own, so
/// the engine itself proves that a wrapped key belongs to this object and to no other.
enum ObjectBinding {
    struct Identity: Sendable {
        var bucketUID: [UInt8]
        var key: ObjectKey
        var versionID: [UInt8]
        var objectUID: [UInt8]
    }

    /// Ties the wrapped key to names, mode and backend; checked at every unwrap.
    static func wrap(
        _ dataKey: DataKey, _ sealing: ObjectRow.WrappedSealing, _ identity: Identity
    ) throws(SealError) -> [UInt8] {
        let fields = CanonicalFields.WrapBinding(
            mode: sealing.mode.rawValue, backendID: sealing.backendID, keyID: sealing.keyID,
            bucketUID: identity.bucketUID,
            key: identity.key, versionID: identity.versionID, objectUID: identity.objectUID, suite: sealing.suite,
            context: sealing.context.pairs.isEmpty ? [] : sealing.context.canonicalBytes,
            bucketKeyID: sealing.bucketKeyID)
        return try dataKey.code(label: "strongroom/binding@v1", over: fields.bytes)
    }

    /// The same for the key of the outer of two layers, under that key.
    static func outerWrap(
        _ dataKey: DataKey, _ outer: ObjectRow.OuterWrap, _ sealing: ObjectRow.WrappedSealing, _ identity: Identity
    ) throws(SealError) -> [UInt8] {
        let fields = CanonicalFields.WrapBinding(
            mode: sealing.mode.rawValue, backendID: outer.backendID, keyID: outer.keyID,
            bucketUID: identity.bucketUID, key: identity.key, versionID: identity.versionID,
            objectUID: identity.objectUID, suite: sealing.suite, context: [], layer: 2)
        return try dataKey.code(label: "strongroom/binding@v1", over: fields.bytes)
    }

    /// Ties what reads of the bytes rely on to the data key.
    static func descriptor(
        _ dataKey: DataKey, _ sealing: ObjectRow.WrappedSealing, objectUID: [UInt8], sizeBytes: UInt64,
        etag: String
    ) throws(SealError) -> [UInt8] {
        let fields = CanonicalFields.descriptor(
            objectUID: objectUID, suite: sealing.suite, layers: sealing.layers, sizeBytes: sizeBytes, etag: etag)
        return try dataKey.code(over: fields)
    }

    /// Ties a part to its number, its attempt and its bytes.
    static func part(
        _ dataKey: DataKey, number: Int, partUID: [UInt8], sizeBytes: UInt64, commitment: [UInt8]
    ) throws(SealError) -> [UInt8] {
        let fields = CanonicalFields.part(
            number: UInt16(number), partUID: partUID, sizeBytes: sizeBytes, commitment: commitment)
        return try dataKey.code(over: fields)
    }

    static func etag(
        _ dataKey: DataKey, objectUID: [UInt8], commitment: [UInt8]
    ) throws(SealError) -> String {
        let fields = CanonicalFields.etag(objectUID: objectUID, commitment: commitment)
        return Hexadecimal.encode(try dataKey.code(label: "strongroom/etag@v1", over: fields).prefix(16)) + "-1"
    }
}
