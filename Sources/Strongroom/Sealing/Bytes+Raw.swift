internal import StrongroomCrypto

extension ConstantTime {
    static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        let left = Array(left)
        let right = Array(right)
        // Safe: a UInt8 is raw bytes.
        return areEqual(unsafe left.span.bytes, unsafe right.span.bytes)
    }
}
