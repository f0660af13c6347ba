internal import StrongroomKeys
internal import StrongroomSystem

/// The host's randomness for salts and keys: the kernel's, or a seeded one in simulations.
struct HostRandom: RandomSource {
    let host: any KeyBackendHost

    /// Traps where the host refuses: to go on with guessable keys would be worse than to stop.
    func fill(_ buffer: inout MutableRawSpan) {
        do throws(KeyBackendError) {
            try host.fillRandom(&buffer)
        } catch {
            preconditionFailure("No random bytes: \(error)")
        }
    }
}
