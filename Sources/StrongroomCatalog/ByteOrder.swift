import Glibc

/// The one order that every map of this room keeps: bytes compare as unsigned numbers, and a prefix
/// stands before what it is a prefix of.
package enum ByteOrder {
    /// Negative, zero or positive as `left` stands before, at or after `right`.
    package static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let common = min(left.count, right.count)
        // Safe: both buffers outlive the call and hold at least `common` bytes.
        let order = unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                // An empty array may have no address at all, which memcmp must not be given.
                common == 0 ? 0 : unsafe memcmp(left.baseAddress!, right.baseAddress!, common)
            }
        }
        return order != 0 ? Int(order) : left.count - right.count
    }

    package static func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool { compare(left, right) < 0 }

    /// The index of the first key that is not less than `key`.
    static func lowerBound(_ key: [UInt8], in keys: [[UInt8]]) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if isLess(keys[middle], key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The index of the first key that is greater than `key`.
    static func upperBound(_ key: [UInt8], in keys: [[UInt8]]) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if isLess(key, keys[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
