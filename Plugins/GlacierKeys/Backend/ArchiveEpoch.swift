/// A span of time in the archive's life that has a key of its own, so that what was archived in it can be forgotten
/// together.
struct ArchiveEpoch: Sendable, Equatable {
    /// What stands in the epoch's place.
    enum Key: Sendable, Equatable {
        /// The key, sealed under the root key.
        case sealed([UInt8])
        /// Nothing any more; what remains is the receipt, exactly as it was given out.
        case destroyed(receipt: [UInt8])
    }

    /// From 1 on, without gaps.
    var number: UInt32
    var createdMilliseconds: Int64
    /// When the next epoch began; 0 while this is the current one.
    var rotatedMilliseconds: Int64
    /// 0 while the key is there.
    var destroyedMilliseconds: Int64
    var key: Key

    var isDestroyed: Bool {
        switch key {
        case .sealed: false
        case .destroyed: true
        }
    }

    /// What the sealed key is bound to; part of the format.
    static func keyName(_ number: UInt32) -> [String] { ["epoch", String(number)] }
}
