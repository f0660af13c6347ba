internal import Glibc
internal import StrongroomCrypto
internal import StrongroomKeys
internal import SystemPackage

/// The token's PIN, in a file that is nobody else's; read into locked memory, past every buffer of ours. Blocks.
enum PINFile {
    /// Longer is no PIN but a wrong file.
    static let sizeBytesMax = 256

    static func read(_ path: FilePath) throws(KeyBackendError) -> SecretBytes {
        let file: FileDescriptor
        do throws(KeyBackendError) {
            file = try TrustedPath.open(path, .secret)
        } catch {
            // No keys are missing, which would have some made.
            guard error.code == .keyringMissing else { throw error }
            throw KeyBackendError(.invalidRequest, error.message, underlying: error.underlying)
        }
        defer { Glibc.close(file.rawValue) }
        var count = 0
        // One byte more than is allowed: to see that there is no more.
        let content = try SecretBytes(count: sizeBytesMax + 1) { (room: inout MutableRawSpan) throws(KeyBackendError) in
            count = try fill(&room, from: file, path)
        }
        guard count <= sizeBytesMax else {
            throw KeyBackendError(
                .invalidRequest, "\(path) is no PIN: it has more than \(sizeBytesMax) bytes. Name the right file.")
        }
        return try content.withBytes { (bytes) throws(KeyBackendError) in
            // The newline of an editor belongs to the file, not to the PIN.
            let end = (0..<count).first { bytes.byte(at: $0) == UInt8(ascii: "\n") } ?? count
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

    private static func fill(
        _ room: inout MutableRawSpan, from file: FileDescriptor, _ path: FilePath
    ) throws(KeyBackendError) -> Int {
        try unsafe room.withUnsafeMutableBytes { (room) throws(KeyBackendError) in
            var filled = 0
            while filled < room.count {
                // Safe: within the room.
                let count = unsafe Glibc.read(file.rawValue, room.baseAddress! + filled, room.count - filled)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else {
                    let error = Errno(rawValue: errno)
                    throw KeyBackendError(.unavailable, "Cannot read \(path): \(error).", underlying: error)
                }
                if count == 0 { break }
                filled += count
            }
            return filled
        }
    }
}
