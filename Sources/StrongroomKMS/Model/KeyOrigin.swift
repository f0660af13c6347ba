/// Where a key's material comes from.
public enum KeyOrigin: String, Sendable, Hashable, CaseIterable {
    /// The service made it.
    case service = "AWS_KMS"
    /// It was, or will be, imported.
    case external = "EXTERNAL"
}
