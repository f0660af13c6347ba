#if DualLayer
internal import Crypto
internal import FoundationEssentials

/// A cipher of swift-crypto: the second implementation. It works on copies, as that library's
/// interface asks; those of plaintext are wiped before they go.
final class SwiftCryptoCipher: AEADCipher {
    private let algorithm: AEADAlgorithm
    /// Zeroed by swift-crypto when it goes.
    private let key: SymmetricKey

    init(_ algorithm: AEADAlgorithm, key: RawSpan) {
        precondition(key.byteCount == AEADAlgorithm.keySizeBytes, "a cipher key of \(key.byteCount) bytes")
        self.algorithm = algorithm
        // Safe: the bytes outlive the call, which copies them.
        self.key = unsafe key.withUnsafeBytes { bytes in unsafe SymmetricKey(data: bytes) }
    }

    func seal(
        inPlace text: inout MutableRawSpan, nonce: AEADNonce, authenticating additionalData: RawSpan
    ) throws(SealError) -> AEADTag {
        var plaintext = [UInt8](copying: text)
        defer { plaintext.wipeTail(from: 0) }
        let nonce = nonce.indices.map { nonce[$0] }
        let data = [UInt8](copying: additionalData)
        do {
            let tag: [UInt8]
            switch algorithm {
            case .aes256GCM:
                let box = try AES.GCM.seal(
                    plaintext, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: data)
                tag = Array(box.tag)
                text.overwrite(with: Array(box.ciphertext))
            case .chaCha20Poly1305:
                let box = try ChaChaPoly.seal(
                    plaintext, using: key, nonce: ChaChaPoly.Nonce(data: nonce), authenticating: data)
                tag = Array(box.tag)
                text.overwrite(with: Array(box.ciphertext))
            }
            return AEADTag { tag[$0] }
        } catch {
            throw .cryptoFailure("sealing a chunk with swift-crypto")
        }
    }

    func open(
        inPlace text: inout MutableRawSpan, nonce: AEADNonce, tag: AEADTag, authenticating additionalData: RawSpan
    ) throws(SealError) -> Bool {
        let ciphertext = [UInt8](copying: text)
        let nonce = nonce.indices.map { nonce[$0] }
        let tag = tag.indices.map { tag[$0] }
        let data = [UInt8](copying: additionalData)
        var opened: Data?
        do {
            // A key, nonce and tag of the right sizes leave a wrong tag as the only reason not to open.
            switch algorithm {
            case .aes256GCM:
                let box = try AES.GCM.SealedBox(nonce: .init(data: nonce), ciphertext: ciphertext, tag: tag)
                opened = try? AES.GCM.open(box, using: key, authenticating: data)
            case .chaCha20Poly1305:
                let box = try ChaChaPoly.SealedBox(nonce: .init(data: nonce), ciphertext: ciphertext, tag: tag)
                opened = try? ChaChaPoly.open(box, using: key, authenticating: data)
            }
        } catch {
            text.wipe()
            throw .cryptoFailure("opening a chunk with swift-crypto")
        }
        guard opened != nil else {
            text.wipe()
            return false
        }
        // Held by nobody else, so that what is wiped is what was opened, and no copy of it.
        unsafe opened!.withUnsafeMutableBytes { bytes in
            // Safe: the buffer outlives the spans, and the sizes are those of one chunk.
            text.overwrite(with: unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(bytes)))
            var span = unsafe MutableRawSpan(_unsafeBytes: bytes)
            span.wipe()
        }
        return true
    }
}

extension [UInt8] {
    fileprivate init(copying span: RawSpan) {
        self = []
        append(bytesOf: span)
    }

    fileprivate init(copying span: borrowing MutableRawSpan) {
        self.init(copying: span.bytes)
    }
}

extension MutableRawSpan {
    fileprivate mutating func overwrite(with bytes: [UInt8]) {
        // Safe: a UInt8 is raw bytes.
        overwrite(with: unsafe bytes.span.bytes)
    }
}
#endif
