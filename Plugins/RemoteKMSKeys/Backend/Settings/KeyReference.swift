#if RemoteKMS
internal import StrongroomKeys

/// The ways in which a key can be named: its id, its ARN, an alias, an alias's ARN.
enum KeyReference {
    private static let sizeBytesMax = 2048

    /// Refuses what can be none of them, before it is sent.
    static func check(_ text: String) throws(KeyBackendError) {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard !text.isEmpty, text.utf8.count <= sizeBytesMax, isPrintable else {
            throw KeyBackendError(
                .invalidRequest,
                "A key is named by its id, its ARN, or an alias: 1 to \(sizeBytesMax) printable characters.")
        }
    }

    /// The name that an answer has for a key.
    static func read(_ name: String, in members: [String: JSONValue]) throws(KeyBackendError) -> String {
        let text = try members.requiredText(name)
        do throws(KeyBackendError) { try check(text) } catch {
            throw KeyBackendError(.moduleFault, "was answered with a '\(name)' that can be the name of no key")
        }
        return text
    }

    /// Whether a key with this ARN may be what was asked for. What an alias points to is the service's to say.
    static func mayMean(_ reference: String, arn: String) -> Bool {
        reference.utf8.elementsEqual(arn.utf8) || reference.hasPrefix("alias/") || reference.contains(":alias/")
            || !reference.contains(":") && arn.hasSuffix(":key/" + reference)
    }
}
#endif
