internal import StrongroomKeys
internal import SystemPackage

/// The settings of a configuration, each checked.
struct PKCS11Settings: Sendable {
    enum Name: String, CaseIterable {
        case library
        case librarySHA256 = "library-sha256"
        case token
        case slot
        case pinFile = "pin-file"
        case keyPrefix = "key-prefix"
        case sessions
    }

    /// Which token is meant.
    enum Place: Sendable, Equatable {
        case label(String)
        case slot(UInt)
    }

    static let keyPrefixDefault = "strongroom/"
    static let keyPrefixBytesMax = 64
    static let sessionLimitDefault = 4
    static let sessionLimitRange = 1...64
    private static let tokenLabelBytesMax = 32

    let library: FilePath
    let librarySHA256: [UInt8]?
    let place: Place
    let pinFile: FilePath?
    let keyPrefix: String
    /// As many calls as the token works on at a time.
    let sessionLimit: Int

    init(_ settings: [String: String]) throws(KeyBackendError) {
        if let unknown = settings.keys.sorted().first(where: { Name(rawValue: $0) == nil }) {
            throw KeyBackendError(
                .invalidRequest,
                "The keys in a token have no setting '\(unknown)'; there are "
                    + "\(Name.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let value = { (name: Name) in settings[name.rawValue] }
        guard let library = value(.library) else {
            throw Self.invalid(.library, "is missing; it is the absolute path of the token's PKCS#11 library")
        }
        self.library = FilePath(library)
        librarySHA256 = try Self.digest(value(.librarySHA256))
        place = try Self.place(value(.token), value(.slot))
        pinFile = value(.pinFile).map { FilePath($0) }
        keyPrefix = value(.keyPrefix) ?? Self.keyPrefixDefault
        guard KeyName.isPrefix(keyPrefix) else {
            throw Self.invalid(
                .keyPrefix, "may have letters, digits and . _ - / and 1 to \(Self.keyPrefixBytesMax) of them")
        }
        let limit = value(.sessions).map { Int($0) } ?? Self.sessionLimitDefault
        guard let limit, Self.sessionLimitRange.contains(limit) else {
            throw Self.invalid(.sessions, "is no number in \(Self.sessionLimitRange)")
        }
        sessionLimit = limit
    }

    private static func digest(_ text: String?) throws(KeyBackendError) -> [UInt8]? {
        guard let text else { return nil }
        guard let digest = Hexadecimal.decode(text), digest.count == 32 else {
            throw invalid(.librarySHA256, "is no SHA-256 digest of 64 hexadecimal digits")
        }
        return digest
    }

    private static func place(_ label: String?, _ slot: String?) throws(KeyBackendError) -> Place {
        switch (label, slot) {
        case (let label?, nil):
            guard (1...tokenLabelBytesMax).contains(label.utf8.count), !label.hasSuffix(" ") else {
                throw invalid(.token, "is no label of 1 to \(tokenLabelBytesMax) bytes without blanks at the end")
            }
            return .label(label)
        case (nil, let slot?):
            guard let slot = UInt(slot) else { throw invalid(.slot, "is no slot's number") }
            return .slot(slot)
        default: throw invalid(.token, "or the setting 'slot' names the token, one of the two")
        }
    }

    private static func invalid(_ name: Name, _ why: String) -> KeyBackendError {
        KeyBackendError(.invalidRequest, "The setting '\(name.rawValue)' \(why).")
    }
}
