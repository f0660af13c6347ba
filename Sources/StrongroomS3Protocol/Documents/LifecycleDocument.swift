package import Strongroom

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// `LifecycleConfiguration`
package enum LifecycleDocument {
    package static func root(_ configuration: LifecycleConfiguration) -> DocumentElement {
        .root("LifecycleConfiguration", configuration.rules.map(element))
    }

    private static func element(_ rule: LifecycleRule) -> DocumentElement {
        var children = [DocumentElement("ID", text: rule.id)]
        if rule.hasPrefixOutsideFilter {
            children.append(DocumentElement("Prefix", text: rule.filter.prefix ?? ""))
        } else {
            children.append(element(rule.filter))
        }
        children.append(DocumentElement("Status", text: rule.isEnabled ? "Enabled" : "Disabled"))
        if let expiration = rule.expiration {
            children.append(DocumentElement("Expiration", [element(expiration)]))
        }
        if let older = rule.noncurrentExpiration {
            let elements = [
                DocumentElement("NoncurrentDays", text: String(older.days)),
                DocumentElement.optional("NewerNoncurrentVersions", older.keptCount.map { String($0) }),
            ]
            children.append(DocumentElement("NoncurrentVersionExpiration", elements.compactMap { $0 }))
        }
        if let days = rule.abortsUploadsAfterDays {
            children.append(
                DocumentElement(
                    "AbortIncompleteMultipartUpload", [DocumentElement("DaysAfterInitiation", text: String(days))]))
        }
        return DocumentElement("Rule", children)
    }

    /// Several predicates stand in an `And`, one by itself, none in an empty element.
    private static func element(_ filter: LifecycleFilter) -> DocumentElement {
        var predicates: [DocumentElement] = []
        if let prefix = filter.prefix { predicates.append(DocumentElement("Prefix", text: prefix)) }
        for (name, value) in filter.tags.values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            predicates.append(
                DocumentElement("Tag", [DocumentElement("Key", text: name), DocumentElement("Value", text: value)]))
        }
        if let size = filter.isLargerThanBytes {
            predicates.append(DocumentElement("ObjectSizeGreaterThan", text: String(size)))
        }
        if let size = filter.isSmallerThanBytes {
            predicates.append(DocumentElement("ObjectSizeLessThan", text: String(size)))
        }
        return DocumentElement(
            "Filter", predicates.count > 1 ? [DocumentElement("And", predicates)] : predicates)
    }

    private static func element(_ expiration: LifecycleRule.Expiration) -> DocumentElement {
        switch expiration {
        case .days(let days): DocumentElement("Days", text: String(days))
        case .date(let date): DocumentElement("Date", text: TimeText.document(date))
        case .deleteMarkersAlone: DocumentElement("ExpiredObjectDeleteMarker", text: "true")
        }
    }
}
