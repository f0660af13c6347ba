internal import StrongroomCrypto
internal import StrongroomKeys

/// The body of a request of the key service: read into memory that is wiped, its plaintext taken out into locked memory
/// before anything turns the rest into text.
///
/// What the connection and the TLS library have had of it lies in their buffers, which are freed, not wiped.
struct KeyServiceBody {
    /// KMS's largest document is a policy of 128 KiB, of which escapes may make twice as much.
    static let limitBytes = 512 << 10
    /// The member that holds a secret.
    static let secretName = "Plaintext"

    private(set) var bytes: [UInt8]

    /// - Throws: `RequestEntityTooLarge`; `SerializationException` where the body is not as long as it should be.
    init(reading request: S3Request) async throws(KeyServiceRefusal) {
        do throws(WholeBody.Fault) {
            bytes = try await WholeBody.read(request, limitBytes: Self.limitBytes)
        } catch {
            switch error {
            case .tooLarge:
                throw KeyServiceRefusal(
                    "RequestEntityTooLarge", "A request of the key service has at most \(Self.limitBytes) bytes.",
                    status: 413)
            case .cutOff: throw .serialization("The body did not come to its end.")
            case .otherLength: throw .serialization("The body is not as long as its header says.")
            }
        }
    }

    mutating func wipe() { bytes.wipeTail(from: 0) }

    /// Reads the members, and wipes the body.
    ///
    /// - Throws: `SerializationException` where it is no JSON object, or is nested too deep.
    mutating func members() throws(KeyServiceRefusal) -> KeyServiceMembers {
        defer { wipe() }
        let secret = try SecretMember.take(Self.secretName, from: &bytes)
        var members: [String: JSONValue]
        do throws(KeyBackendError) {
            members = try JSONValue.object(parsing: bytes.isEmpty ? Array("{}".utf8) : bytes)
        } catch {
            // Its message quotes names of members.
            throw .serialization("The body is no JSON object, has a member twice, or is nested too deep.")
        }
        if secret != nil {
            members[Self.secretName] = nil
        } else if case .string(let text)? = members[Self.secretName], !text.isEmpty {
            throw .serialization("Write the name of the member \(Self.secretName) without escapes.")
        }
        return KeyServiceMembers(members.filter { $0.value != .null }, secret: secret.map(SecretDigits.init))
    }
}
