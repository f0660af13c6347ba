import StrongroomCrypto
import StrongroomGlacierKeys
import StrongroomKeyring
import StrongroomKeys
import StrongroomS3ManagedKeys
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

/// The bytes of keyrings and wraps, made with a randomness that is a fixed sequence. They are formats: a change here
/// makes existing keyrings unreadable, and is a mistake unless it comes with a new format version.
@Suite struct PinnedKeyringTests {
    let folder = TemporaryFolder()

    var keyring: FilePath { folder.path.appending("keyring") }

    private func digest(_ path: FilePath) throws -> String {
        let bytes = try TestFile.read(path)
        // Safe: bytes have no padding to be read.
        return Hexadecimal.encode(try Digest.hash(.sha256, unsafe bytes.span.bytes))
    }

    /// As the first version of the backend wrote them, before it shared its keyring's code with others.
    @Test func theS3ManagedKeysAreAsTheyWere() async throws {
        try S3ManagedKeys.initialize(keyring: keyring, host: CountingHost())
        #expect(
            try digest(keyring.appending("s3-managed").appending("keyring"))
                == "ded7a7ca044145c11dfdccbe21777907bd8420fdfe01d623593ecf7cd67dfc73")
        let instance = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: keyring), host: CountingHost())
        #expect(
            Hexadecimal.encode(try await instance.generateDataKey(DataKeyRequest()).wrapped.bytes)
                == "61e67f7c6d22ab58b99e1774455ac3d01156af6c1d92db48e3f66151e65d56cb9441b87781fd47ae1d433491b54ff2542f7f2f35"
                + "6d179a651f69e582641c508995451545740ac04ca5a61f5d4daf79e45f653138a22610c5ff5b795776bc17e3a98aef59b627cee0"
        )
    }

    @Test func theArchiveKeysAreAsTheyWere() async throws {
        try GlacierKeys.initialize(keyring: keyring, host: CountingHost())
        let document = keyring.appending("glacier").appending("keyring")
        let made = try digest(document)
        #expect(made == "558f926fc5fd2bbf4f5a2049e66af8913f02c02c90956c0f9f25ade7dd7b0487")
        let instance = try await KeyBackendInstance.open(
            GlacierKeys.table, configuration: GlacierKeys.configuration(keyring: keyring), host: CountingHost())
        let sealed = try await ArchiveKeys(instance).seal(
            Array("a wrapped key".utf8), boundTo: Array("an object".utf8))
        #expect(
            Hexadecimal.encode(sealed.bytes)
                == "5352475701000000010000000b5b8f6301061f9c0d424b7859beb794e57a63f0"
                + "01061f9c0d424b7859beb794e57a63f0b1764f8cbdb27b68"
                + "2334ec28eccc2613576ac9eac25fe634ebe4f182b482a6cdf661623c4f3f0016"
                + "634b27a88062512b1e870b1bd9e61762e46695af1dc0d1d13d06cbaef2")
    }
}

/// A host whose random bytes are a fixed sequence, and whose clock stands still.
private final class CountingHost: KeyBackendHost {
    private let byte = Mutex<UInt8>(0)

    func wallMilliseconds() -> Int64 { 1_700_000_000_000 }
    func bootNanoseconds() -> UInt64 { 1 }
    func log(_ level: KeyBackendLogLevel, _ message: String) {}
    func appendAudit(_ record: [UInt8]) async throws(KeyBackendError) {}

    func fillRandom(_ buffer: inout MutableRawSpan) throws(KeyBackendError) {
        for offset in 0..<buffer.byteCount {
            let next = byte.withLock { byte in
                byte = byte &* 5 &+ 1
                return byte
            }
            buffer.storeBytes(of: next, toByteOffset: offset, as: UInt8.self)
        }
    }
}
