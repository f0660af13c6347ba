/// What an `OrderedIndex` takes. The engine's own limits lie within; beyond is misuse and traps.
package enum OrderedIndexLimits {
    package static let keyMaximumBytes = 2_304
    package static let valueMaximumBytes = 16 << 20

    static func check(key: [UInt8]) {
        precondition((1...keyMaximumBytes).contains(key.count), "a catalog key has 1 to 2,304 bytes")
    }

    static func check(value: [UInt8]) {
        precondition(value.count <= valueMaximumBytes, "a catalog value has at most 16 MiB")
    }
}
