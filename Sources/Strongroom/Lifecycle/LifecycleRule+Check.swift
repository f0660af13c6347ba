#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

// Messages are S3's where S3's are known.
extension LifecycleRule {
    private static let idLengthMaximum = 255
    private static let keptCountMaximum = 100

    /// For messages: names may hold anything.
    var shownID: String { id.prefix(80).debugDescription }

    func check() throws(StoreError) {
        // S3 counts characters; UTF-16 is what its messages count in.
        guard (1...Self.idLengthMaximum).contains(id.utf16.count) else {
            throw StoreError(.invalidArgument, "ID length should not exceed allowed limit of \(Self.idLengthMaximum)")
        }
        guard expiration != nil || noncurrentExpiration != nil || abortsUploadsAfterDays != nil else {
            throw refused("At least one action needs to be specified in a rule")
        }
        try checkFilter()
        try checkExpiration()
        if let noncurrentExpiration {
            try checkDays(noncurrentExpiration.days, "'NoncurrentDays' for NoncurrentVersionExpiration action")
            if let count = noncurrentExpiration.keptCount, !(1...Self.keptCountMaximum).contains(count) {
                throw wrong(
                    "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer of at "
                        + "most \(Self.keptCountMaximum)")
            }
        }
        guard let abortsUploadsAfterDays else { return }
        try checkDays(abortsUploadsAfterDays, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action")
        guard filter.tags.values.isEmpty else {
            throw refused("AbortIncompleteMultipartUpload cannot be specified with Tags")
        }
        guard !filter.hasSizes else {
            throw refused("AbortIncompleteMultipartUpload cannot be specified with Object Size")
        }
    }

    private func checkFilter() throws(StoreError) {
        if let prefix = filter.prefix, prefix.utf8.count > ObjectKey.lengthBytes.upperBound {
            throw refused("The maximum size of a prefix is \(ObjectKey.lengthBytes.upperBound)")
        }
        guard let least = filter.isLargerThanBytes, let most = filter.isSmallerThanBytes else { return }
        // A size that lies between them must exist.
        guard most > least, most - least > 1 else {
            throw refused("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'")
        }
    }

    private func checkExpiration() throws(StoreError) {
        switch expiration {
        case nil: break
        case .days(let days): try checkDays(days, "'Days' for Expiration action")
        case .date(let date):
            guard let milliseconds = date.storeMillisecondsRoundedUp, LifecycleTime.isMidnight(milliseconds) else {
                throw wrong("'Date' must be at midnight GMT")
            }
        case .deleteMarkersAlone:
            guard filter.tags.values.isEmpty else {
                throw refused("ExpiredObjectDeleteMarker cannot be specified with Tags")
            }
            guard !filter.hasSizes else {
                throw refused("ExpiredObjectDeleteMarker cannot be specified with Object Size")
            }
        }
    }

    private func checkDays(_ days: Int, _ what: String) throws(StoreError) {
        guard (1...Int(Int32.max)).contains(days) else { throw wrong("\(what) must be a positive integer") }
    }

    private func wrong(_ what: String) -> StoreError {
        StoreError(.invalidArgument, "\(what) (rule \(shownID)).")
    }

    private func refused(_ what: String) -> StoreError {
        StoreError(.invalidRequest, "\(what) (rule \(shownID)).")
    }
}
