/// Which keys a listing shows one by one, and which it rolls up into a common prefix.
struct KeyRollup: Sendable {
    let prefix: [UInt8]
    let delimiter: [UInt8]?

    init(prefix: String, delimiter: String?) {
        self.prefix = Array(prefix.utf8)
        self.delimiter = delimiter.map { Array($0.utf8) }
    }

    /// What `key` is rolled up into: all up to and with the first delimiter after the prefix.
    func commonPrefix(of key: ArraySlice<UInt8>) -> [UInt8]? {
        guard let delimiter else { return nil }
        let rest = key.dropFirst(prefix.count)
        guard rest.count >= delimiter.count else { return nil }
        for start in rest.startIndex...(rest.endIndex - delimiter.count)
        where rest[start..<start + delimiter.count].elementsEqual(delimiter) {
            return Array(key[key.startIndex..<start + delimiter.count])
        }
        return nil
    }
}
