/// What a grant may allow.
public enum GrantOperation: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    // The numbers are part of the keyring's format and must not change.

    /// See ``KeyOperation/decrypt``.
    case decrypt = 1
    /// See ``KeyOperation/encrypt``.
    case encrypt = 2
    /// See ``KeyOperation/generateDataKey``.
    case generateDataKey = 3
    /// See ``KeyOperation/generateDataKeyWithoutPlaintext``.
    case generateDataKeyWithoutPlaintext = 4
    /// Opening in order to seal anew.
    case reEncryptFrom = 5
    /// Sealing what was opened for that.
    case reEncryptTo = 6
    /// To grant others no more than oneself has been granted.
    case createGrant = 7
    /// To give the grant up.
    case retireGrant = 8
    /// See ``KeyOperation/describeKey``.
    case describeKey = 9

    /// KMS's name.
    public var description: String {
        switch self {
        case .decrypt: "Decrypt"
        case .encrypt: "Encrypt"
        case .generateDataKey: "GenerateDataKey"
        case .generateDataKeyWithoutPlaintext: "GenerateDataKeyWithoutPlaintext"
        case .reEncryptFrom: "ReEncryptFrom"
        case .reEncryptTo: "ReEncryptTo"
        case .createGrant: "CreateGrant"
        case .retireGrant: "RetireGrant"
        case .describeKey: "DescribeKey"
        }
    }

    /// The operation of that name.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = found
    }

    /// The action as policies name it.
    var action: String { "kms:\(self)" }

    /// Whether the operation has an encryption context, which a constraint can ask for.
    var hasEncryptionContext: Bool { self != .createGrant && self != .retireGrant && self != .describeKey }
}
