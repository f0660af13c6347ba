import Foundation

@testable import Strongroom

/// An object as it should be.
struct WorldObject: Sendable {
    /// What is true of it; of no account are the tags' number where they are not known, and the very moment of a
    /// retention that counts from the commit by a clock that nobody else reads.
    var info: ObjectInfo
    var content: Content
    var encryption: WorldEncryption
    /// Nil where not known: a copy read its source at a moment between two changes of the tags.
    var tags: [String: String]?
    /// Nil for what was put whole.
    var parts: [ObjectPartInfo]?
    var isRetainedByDefault = false
    /// Whether content type, headers and metadata are not known, for the same reason as tags: receipts tell a copy's
    /// bytes, which its source may have had before a change and after it.
    var isVague = false

    /// Why `found` is not this object; nil where it is.
    ///
    /// - Parameter isOpened: whether what asked has opened the object, and is told what follows from the plaintext.
    func objection(to found: ObjectInfo, isOpened: Bool) -> String? {
        var expected = info
        if tags == nil { expected.tagCount = found.tagCount }
        if isVague {
            (expected.contentType, expected.headers) = (found.contentType, found.headers)
            expected.metadata = found.metadata
        }
        if isRetainedByDefault, let wanted = info.retention, let retention = found.retention,
            abs(wanted.until.timeIntervalSince(retention.until)) < Self.clockTolerance
        {
            expected.retention?.until = retention.until
        }
        if let objection = encryption.objection(to: found.encryption) { return objection }
        expected.encryption = info.encryption.rewrapped(as: found.encryption)
        if encryption.hidesChecksums, !isOpened { expected.checksums = [] }
        return found == expected ? nil : "expected \(expected), found \(found)"
    }

    /// What is told of its parts.
    func told(_ part: ObjectPartInfo, isOpened: Bool) -> ObjectPartInfo {
        var part = part
        if encryption.hidesChecksums, !isOpened { part.checksums = [] }
        return part
    }

    /// One that was put whole is its own part 1.
    func part(_ number: Int) -> ObjectPartInfo? {
        guard let parts else {
            let whole = ObjectPartInfo(number: 1, range: 0..<info.sizeBytes, checksums: content.checksums)
            return number == 1 ? whole : nil
        }
        return parts.first { $0.number == number }
    }

    /// Far less than what lies between the moments that steps name and those that defaults give.
    private static let clockTolerance: TimeInterval = 600
}
