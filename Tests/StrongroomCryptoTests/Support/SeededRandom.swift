import StrongroomSystem
import Synchronization

/// SplitMix64: the same bytes for the same seed, for salts that a test must know and for random inputs.
final class SeededRandom: RandomSource {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) {
        state = Mutex(seed)
    }

    func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    func next(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    func fill(_ buffer: inout MutableRawSpan) {
        for offset in 0..<buffer.byteCount {
            buffer.storeBytes(of: UInt8(truncatingIfNeeded: next()), toByteOffset: offset, as: UInt8.self)
        }
    }
}

/// Gives the bytes it was made with, again and again: for a salt that a vector prescribes.
struct FixedRandom: RandomSource {
    let bytes: [UInt8]

    func fill(_ buffer: inout MutableRawSpan) {
        for offset in 0..<buffer.byteCount {
            buffer.storeBytes(of: bytes[offset % bytes.count], toByteOffset: offset, as: UInt8.self)
        }
    }
}
