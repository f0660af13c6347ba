internal import StrongroomCrypto
internal import Synchronization

/// The text of a secret, for one taker: what holds it no longer is free as soon as that one has read it, and not when
/// the request is answered.
final class SecretDigits: Sendable {
    private let digits: Mutex<SharedSecret?>

    init(_ digits: SharedSecret) { self.digits = Mutex(digits) }

    /// Nil from the second time on.
    func take() -> SharedSecret? { digits.withLock { $0.take() } }
}
