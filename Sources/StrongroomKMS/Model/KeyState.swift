/// What state a key is in. More will come (pending deletion, pending import): compare with the static members.
public struct KeyState: Hashable, Sendable, CustomStringConvertible {
    /// As documents have it; part of the format, must not change.
    let code: UInt8
    /// KMS's name of the state.
    public let description: String

    /// The key does all that it is asked.
    public static let enabled = KeyState(code: 1, description: "Enabled")
    /// The key neither seals nor opens until it is enabled again.
    public static let disabled = KeyState(code: 2, description: "Disabled")

    static let all = [enabled, disabled]
}
