/// One key of an authenticated cipher, ready for any number of messages: the seam behind which the
/// implementations stand. Everything happens in place; the tag comes and goes apart.
///
/// A cipher may keep its key on the ordinary heap, so it lives no longer than one object is sealed
/// or opened, and is used by one thread at a time.
protocol AEADCipher: AnyObject {
    /// Encrypts `text` and returns the tag over it and `additionalData`.
    func seal(
        inPlace text: inout MutableRawSpan, nonce: AEADNonce, authenticating additionalData: RawSpan
    ) throws(SealError) -> AEADTag

    /// Decrypts `text`. False where `tag` is not that of `text`, `nonce` and `additionalData`; the
    /// text is zeros then, so that nothing unauthenticated can get out.
    func open(
        inPlace text: inout MutableRawSpan, nonce: AEADNonce, tag: AEADTag, authenticating additionalData: RawSpan
    ) throws(SealError) -> Bool
}

typealias AEADNonce = [12 of UInt8]
typealias AEADTag = [16 of UInt8]

/// The ciphers: all with keys of 32 bytes, nonces of 12 and tags of 16.
package enum AEADAlgorithm: Sendable, CaseIterable {
    case aes256GCM
    case chaCha20Poly1305

    static let keySizeBytes = 32
    static let tagSizeBytes = 16
}

/// Whose code does it. Both write the same bytes; they exist so that no single library's fault lays
/// bare an object that has two layers, and as each other's oracle in tests.
package enum AEADImplementation: Sendable, CaseIterable {
    case openSSL
    #if DualLayer
    case swiftCrypto
    #endif

    /// The one for the inner of two layers, which is never the one for the outer; nil where it was left out of the
    /// build.
    package static var innerLayer: AEADImplementation? {
        #if DualLayer
        .swiftCrypto
        #else
        nil
        #endif
    }

    func cipher(_ algorithm: AEADAlgorithm, key: RawSpan) throws(SealError) -> any AEADCipher {
        switch self {
        case .openSSL: try OpenSSLCipher(algorithm, key: key)
        #if DualLayer
        case .swiftCrypto: SwiftCryptoCipher(algorithm, key: key)
        #endif
        }
    }
}
