internal import StrongroomSystem

/// Ids as AWS has them: four letters that say what it is of, and 16 of A to Z and 2 to 7.
struct UserIdentifier {
    static let sizeBytes = 20
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static let user = UserIdentifier(prefix: "AIDA")
    static let role = UserIdentifier(prefix: "AROA")
    static let accessKey = UserIdentifier(prefix: "AKIA")
    /// Of access keys that end by themselves.
    static let session = UserIdentifier(prefix: "ASIA")

    let prefix: String

    /// One that nobody else has: 80 random bits.
    func make(_ random: SystemRandom) -> String {
        let made = random.bytes(Self.sizeBytes - prefix.utf8.count).map { Self.digits[Int($0 & 31)] }
        return prefix + String(decoding: made, as: UTF8.self)
    }

    /// Whether `id` is one.
    func isMade(_ id: String) -> Bool {
        id.utf8.count == Self.sizeBytes && id.utf8.starts(with: prefix.utf8)
            && id.utf8.dropFirst(prefix.utf8.count).allSatisfy(Self.digits.contains)
    }
}
