internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// What rows are sealed with that have nothing to tell whoever has the disk: users, and documents of buckets.
///
/// Byte map of such a row's value, version 1:
///
///     version u8 = 1 | sealed stream
///
/// The stream's context is the row's own key and the version: a row under another name does not open, nor does one of
/// which a byte was changed. Its salt is drawn anew for each write. An older row in place of a newer one opens; what
/// notices that is the catalog's root.
final class SealedRows: Sendable {
    static let formatVersion: UInt8 = 1
    static let suite = SealedStreamSuite.aes256GCM

    private let rows: PreparedKey
    private let accessKeySecrets: PreparedKey
    let secondFactors: PreparedKey

    init(_ metadataKey: SharedSecret) throws(StoreError) {
        do throws(SealError) {
            let key = try PreparedKey(metadataKey.bytes)
            rows = try key.storeKey(for: "sealed rows")
            accessKeySecrets = try key.storeKey(for: "access key secrets")
            secondFactors = try key.storeKey(for: "second factors")
        } catch {
            throw StoreError(error)
        }
    }

    /// The value of the row that says `content`.
    func seal(_ content: [UInt8], rowKey: [UInt8], random: SystemRandom) throws(StoreError) -> [UInt8] {
        do throws(SealError) {
            return [Self.formatVersion]
                + (try SealedStream.seal(
                    content, Self.suite, key: rows, context: Self.context(rowKey), random: random))
        } catch {
            throw StoreError(error)
        }
    }

    /// What the row says; nil where it is not what was written.
    func open(_ value: [UInt8], rowKey: [UInt8]) throws(StoreError) -> [UInt8]? {
        guard value.first == Self.formatVersion else { return nil }
        do throws(SealError) {
            return try SealedStream.open(
                Array(value.dropFirst()), Self.suite, key: rows, context: Self.context(rowKey))
        } catch {
            return try Self.nilWhereDamaged(error)
        }
    }

    private static func context(_ rowKey: [UInt8]) -> [UInt8] {
        CanonicalFields.sealedRow(key: rowKey, formatVersion: formatVersion)
    }

    /// What the machine does not give now says nothing of the row.
    static func nilWhereDamaged<Content: ~Copyable>(_ error: SealError) throws(StoreError) -> Content? {
        let error = StoreError(error)
        guard error.code == .damaged else { throw error }
        return nil
    }

    // MARK: Secrets of access keys, which stand sealed in what is sealed: a user is read without them

    /// What a secret is the base64 of.
    static let secretRandomBytes = 30
    /// Bytes of a secret's text: 40.
    static let secretBytes = SecretBase64.encodedCount(secretRandomBytes)
    /// Bytes of one that is sealed.
    static let sealedSecretBytes = SealedStream.sealedSecretSizeBytes(count: secretBytes)

    func sealSecret(
        _ secret: borrowing SecretBytes, of accessKeyID: String, userRowKey: [UInt8], random: SystemRandom
    ) throws(StoreError) -> [UInt8] {
        do throws(SealError) {
            return try SealedStream.sealSecret(
                secret, Self.suite, under: accessKeySecrets,
                context: CanonicalFields.accessKeySecret(userRowKey: userRowKey, accessKeyID: accessKeyID),
                random: random)
        } catch {
            throw StoreError(error)
        }
    }

    /// Nil where it is not what was sealed.
    func openSecret(
        _ sealed: [UInt8], of accessKeyID: String, userRowKey: [UInt8]
    ) throws(StoreError) -> SecretBytes? {
        do throws(SealError) {
            return try SealedStream.openSecret(
                sealed, count: Self.secretBytes, Self.suite, under: accessKeySecrets,
                context: CanonicalFields.accessKeySecret(userRowKey: userRowKey, accessKeyID: accessKeyID))
        } catch {
            return try Self.nilWhereDamaged(error)
        }
    }
}

extension PreparedKey {
    /// A key of the store's own, which belongs to no bucket, derived from this one, the metadata key.
    func storeKey(for purpose: String) throws(SealError) -> PreparedKey {
        let nobody = [UInt8](repeating: 0, count: ObjectRow.uidBytes)
        return try PreparedKey(
            expand(info: CanonicalFields.metadataKey(purpose: purpose, bucketUID: nobody), count: 32))
    }
}
