/// What happens without a call: because a key's day has come, or because the application asks it of the keyring.
struct ServiceEvent: Sendable {
    /// Such as "DeleteKey".
    let name: String
    /// Nil where it concerns the whole keyring.
    let keyARN: String?
    /// The same in the record that says that it has failed.
    let requestID: String
}
