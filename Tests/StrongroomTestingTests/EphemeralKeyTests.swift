import StrongroomCrypto
import StrongroomKeys
import SystemPackage
import Testing

@testable import StrongroomTesting

@Suite("Ephemeral keys")
struct EphemeralKeyTests {
    static func open() async throws -> KeyBackendInstance {
        try await KeyBackendInstance.open(EphemeralKeyBackend.table, configuration: KeyBackendConfiguration())
    }

    static func code(_ call: () async throws -> Void) async -> KeyBackendError.Code? {
        do { try await call() } catch { return (error as? KeyBackendError)?.code }
        return nil
    }

    @Test("A data key comes back, after a rewrap too")
    func roundTrip() async throws {
        let keys = try await Self.open()
        let generated = try await keys.generateDataKey(DataKeyRequest())
        let wrapped = generated.wrapped
        let plaintext = generated.takePlaintext()
        #expect(wrapped.bytes.count == SealedStream.sealedSecretSizeBytes(count: 32))
        let unwrapped = try await keys.unwrap(wrapped, for: UnwrapRequest())
        #expect(try unwrapped.isEqual(to: plaintext))
        let rewrapped = try await keys.rewrap(wrapped, for: RewrapRequest())
        #expect(rewrapped.bytes != wrapped.bytes)
        let again = try await keys.unwrap(rewrapped, for: UnwrapRequest())
        #expect(try again.isEqual(to: plaintext))
        try await keys.close()
    }

    @Test("What is damaged, foreign or unknown is refused")
    func refusals() async throws {
        let keys = try await Self.open()
        let others = try await Self.open()
        let wrapped = try await keys.generateDataKey(DataKeyRequest()).wrapped
        for index in wrapped.bytes.indices {
            var damaged = wrapped
            damaged.bytes[index] ^= 1
            #expect(await Self.code { _ = try await keys.unwrap(damaged, for: UnwrapRequest()) } == .invalidCiphertext)
        }
        #expect(await Self.code { _ = try await others.unwrap(wrapped, for: UnwrapRequest()) } == .invalidCiphertext)
        var foreign = wrapped
        foreign.keyID = "s3-managed/objects"
        #expect(await Self.code { _ = try await keys.unwrap(foreign, for: UnwrapRequest()) } == .keyNotFound)
        #expect(
            await Self.code { _ = try await keys.generateDataKey(DataKeyRequest(keyID: "other")) } == .keyNotFound)
        var newer = wrapped
        newer.keyVersion = "2"
        #expect(await Self.code { _ = try await keys.unwrap(newer, for: UnwrapRequest()) } == .keyNotFound)
        try await keys.close()
        try await others.close()
    }

    @Test("It says what it is, and refuses a configuration")
    func statusAndConfiguration() async throws {
        let keys = try await Self.open()
        let description = try await keys.describe(DescribeRequest())
        #expect(description == KeyDescription(keyID: "ephemeral/objects", currentVersion: "1", health: .ready))
        let status = try await keys.control(ControlRequest(json: Array(#"{"operation":"status"}"#.utf8)))
        #expect(String(decoding: status, as: UTF8.self).contains(#""backend":"ephemeral""#))
        #expect(
            await Self.code {
                _ = try await keys.control(ControlRequest(json: Array(#"{"operation":"rotate"}"#.utf8)))
            } == .unsupported)
        try await keys.close()
        #expect(await Self.code { _ = try await keys.generateDataKey(DataKeyRequest()) } == .closed)
        #expect(
            await Self.code {
                _ = try await KeyBackendInstance.open(
                    EphemeralKeyBackend.table, configuration: KeyBackendConfiguration(keyring: "/nowhere"))
            } == .invalidRequest)
    }
}
