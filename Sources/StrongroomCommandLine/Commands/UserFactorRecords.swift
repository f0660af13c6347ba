#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

/// A line of `user mfa list`.
struct FactorRecord: Codable, Equatable {
    var userName: String
    /// What requests name it by.
    var serialNumber: String
    var createDate: Date

    init(_ factor: SecondFactor, of name: String, account: String) {
        userName = name
        serialNumber = Self.serialNumber(of: name, account)
        createDate = factor.created
    }

    var text: String { "\(userName)  \(serialNumber)  created \(createDate.formatted(.iso8601))" }

    static func serialNumber(of name: String, _ account: String) -> String { "arn:aws:iam::\(account):mfa/\(name)" }
}

/// What `user mfa enable` prints, with places for the secret.
struct NewFactorRecord: Codable, Equatable {
    var userName: String
    var serialNumber: String
    var createDate: Date
    var base32StringSeed = Console.secretPlace
    /// What authenticators take from a picture.
    var uri: String

    init(_ factor: NewSecondFactor, of name: String, account: String) {
        userName = name
        serialNumber = FactorRecord.serialNumber(of: name, account)
        createDate = factor.created
        uri = "otpauth://totp/Strongroom:\(Self.escaped(name))?secret=\(Console.secretPlace)&issuer=Strongroom"
    }

    var text: String {
        "serial number  \(serialNumber)\nsecret         \(base32StringSeed)\nuri            \(uri)\n"
            + "The secret is not shown again."
    }

    /// Where nobody has seen the secret.
    var lost: String {
        "\(userName) has a second factor now, and nobody has its secret: take it away with `user mfa disable \(userName)`, and "
            + "enable another."
    }

    /// Of what names of users have, these mean something in a URI.
    private static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            "+=,@".utf8.contains(byte)
                ? "%" + String(byte, radix: 16, uppercase: true) : String(decoding: [byte], as: UTF8.self)
        }.joined()
    }
}
#endif
