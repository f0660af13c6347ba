internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import SystemPackage

/// The token's PIN, in the first line of a file that is nobody else's. Blocks.
enum PINFile {
    /// Longer is no PIN but a wrong file.
    static let sizeBytesMax = 256

    static func read(_ path: FilePath) throws(KeyBackendError) -> SecretBytes {
        let content: SecretBytes
        do throws(KeyBackendError) {
            content = try SecretFile.read(path, sizeBytesMax: sizeBytesMax)
        } catch {
            // No keys are missing, which would have some made.
            guard error.code == .keyringMissing else { throw error }
            throw KeyBackendError(.invalidRequest, error.message, underlying: error.underlying)
        }
        return try content.withBytes { (bytes) throws(KeyBackendError) in
            // The newline of an editor belongs to the file, not to the PIN.
            let end = (0..<bytes.byteCount).first { bytes.byte(at: $0) == UInt8(ascii: "\n") } ?? bytes.byteCount
            guard end > 0 else {
                throw KeyBackendError(.invalidRequest, "The PIN in \(path) is empty; write it into the first line.")
            }
            do throws(SecretMemoryError) {
                return try SecretBytes(copying: bytes.extracting(0..<end))
            } catch {
                throw KeyBackendError(secretMemory: error)
            }
        }
    }
}
