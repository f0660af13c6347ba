/// The rules for names of users and roles and of their policies: those of IAM. Upper and lower case differ.
enum UserName {
    static let userBytes = 1...64
    static let roleBytes = 1...64
    static let policyBytes = 1...128
    /// Of sessions of roles.
    static let sessionBytes = 2...64

    /// - Throws: `invalidUserName`.
    static func check(user name: String) throws(StoreError) { try check(name, userBytes, "user") }

    /// - Throws: `invalidUserName`.
    static func check(role name: String) throws(StoreError) { try check(name, roleBytes, "role") }

    /// - Throws: `invalidUserName`.
    static func check(policy name: String) throws(StoreError) { try check(name, policyBytes, "policy") }

    static func isUserName(_ name: String) -> Bool { isName(name, userBytes) }

    static func isRoleName(_ name: String) -> Bool { isName(name, roleBytes) }

    static func isSessionName(_ name: String) -> Bool { isName(name, sessionBytes) }

    static func isPolicyName(_ name: String) -> Bool { isName(name, policyBytes) }

    private static func check(_ name: String, _ bytes: ClosedRange<Int>, _ owner: String) throws(StoreError) {
        guard !isName(name, bytes) else { return }
        throw StoreError(
            .invalidUserName,
            "\(name.prefix(80).debugDescription) is no name of a \(owner): it has \(bytes.lowerBound) to "
                + "\(bytes.upperBound) letters and digits of ASCII and of +=,.@_-.")
    }

    private static func isName(_ name: String, _ bytes: ClosedRange<Int>) -> Bool {
        bytes.contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "+=,.@_-".utf8.contains(byte)
        }
    }
}
