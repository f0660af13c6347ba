package import Strongroom

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension LifecycleDocument {
    /// - Parameter newID: names rules that have no name.
    /// - Throws: `MalformedXML`, `InvalidRequest`, `InvalidArgument`; `NotImplemented` for transitions.
    package static func configuration(
        _ root: DocumentElement, newID: () -> String
    ) throws(S3Error) -> LifecycleConfiguration {
        try root.check(known: ["Rule"])
        guard !root.children.isEmpty else { throw .malformedXML("There is no Rule.") }
        let rules = try root.children.map { (element) throws(S3Error) in try rule(element, newID) }
        // A prefix outside a filter makes all of it the older form, which had no filters.
        guard Set(rules.map(\.hasPrefixOutsideFilter)).count <= 1 else {
            throw .invalidRequest("Filter element can only be used in Lifecycle V2.")
        }
        do throws(StoreError) {
            return try LifecycleConfiguration(rules)
        } catch {
            throw S3Error(error)
        }
    }

    private static func rule(_ element: DocumentElement, _ newID: () -> String) throws(S3Error) -> LifecycleRule {
        // What is to be moved to another class is not to be kept where it is without a word.
        for name in ["Transition", "NoncurrentVersionTransition"] where !element.all(name).isEmpty {
            throw .notImplemented(name)
        }
        try element.check(
            known: [
                "ID", "Status", "Prefix", "Filter", "Expiration", "NoncurrentVersionExpiration",
                "AbortIncompleteMultipartUpload",
            ])
        let id = try element.text(of: "ID") ?? ""
        var rule = LifecycleRule(id: id.isEmpty ? newID() : id)
        switch try element.required("Status") {
        case "Enabled": rule.isEnabled = true
        case "Disabled": rule.isEnabled = false
        default: throw .malformedXML("Status is Enabled or Disabled.")
        }
        switch (try element.text(of: "Prefix"), try element.child("Filter")) {
        case (let prefix?, nil):
            rule.filter.prefix = prefix
            rule.hasPrefixOutsideFilter = true
        case (nil, let filter?): rule.filter = try self.filter(filter)
        default: throw .malformedXML("A rule has either a Filter or a Prefix.")
        }
        try readActions(element, into: &rule)
        return rule
    }

    private static func readActions(_ element: DocumentElement, into rule: inout LifecycleRule) throws(S3Error) {
        if let expiration = try element.child("Expiration") { rule.expiration = try self.expiration(expiration) }
        if let older = try element.child("NoncurrentVersionExpiration") {
            try older.check(known: ["NoncurrentDays", "NewerNoncurrentVersions"])
            guard let days = try older.number("NoncurrentDays") else {
                throw .malformedXML("NoncurrentVersionExpiration has no NoncurrentDays.")
            }
            let keptCount = try older.number("NewerNoncurrentVersions")
            guard keptCount == nil || !rule.hasPrefixOutsideFilter else {
                throw .invalidRequest("NewerNoncurrentVersions can only be used with a Filter element.")
            }
            rule.noncurrentExpiration = .init(days: days, keptCount: keptCount)
        }
        guard let abort = try element.child("AbortIncompleteMultipartUpload") else { return }
        try abort.check(known: ["DaysAfterInitiation"])
        guard let days = try abort.number("DaysAfterInitiation") else {
            throw .malformedXML("AbortIncompleteMultipartUpload has no DaysAfterInitiation.")
        }
        rule.abortsUploadsAfterDays = days
    }

    private static func expiration(_ element: DocumentElement) throws(S3Error) -> LifecycleRule.Expiration? {
        try element.check(known: ["Days", "Date", "ExpiredObjectDeleteMarker"])
        guard element.children.count == 1 else {
            throw .malformedXML("Expiration has either Days, a Date or ExpiredObjectDeleteMarker.")
        }
        if let days = try element.number("Days") { return .days(days) }
        if let text = try element.text(of: "Date")?.trimmingWhitespace {
            guard let date = TimeText.date(iso8601: text) ?? TimeText.date(iso8601: text + "T00:00:00Z") else {
                throw .malformedXML("Date is no date of ISO 8601.")
            }
            // Calendars disagree about dates long before.
            guard date.timeIntervalSince1970 >= 0 else { throw .malformedXML("Date is not before 1970.") }
            return .date(date)
        }
        // That they are to be left alone is what is done where nothing is said.
        return try element.flag("ExpiredObjectDeleteMarker") == true ? .deleteMarkersAlone : nil
    }

    // MARK: - Filters

    private static func filter(_ element: DocumentElement) throws(S3Error) -> LifecycleFilter {
        guard element.children.count <= 1 else {
            throw .malformedXML("Several predicates of a Filter stand in an And.")
        }
        guard let and = try element.child("And") else { return try predicates(element) }
        return try predicates(and)
    }

    private static func predicates(_ element: DocumentElement) throws(S3Error) -> LifecycleFilter {
        try element.check(known: ["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan"])
        var filter = LifecycleFilter()
        filter.prefix = try element.text(of: "Prefix")
        filter.isLargerThanBytes = try size(element, "ObjectSizeGreaterThan")
        filter.isSmallerThanBytes = try size(element, "ObjectSizeLessThan")
        var tags: [String: String] = [:]
        for tag in element.all("Tag") {
            try tag.check(known: ["Key", "Value"])
            guard tags.updateValue(try tag.required("Value"), forKey: try tag.required("Key")) == nil else {
                throw .invalidRequest("Duplicate Tag Keys are not allowed.")
            }
        }
        do throws(StoreError) {
            filter.tags = try ObjectTags(tags)
        } catch {
            throw S3Error(error)
        }
        return filter
    }

    private static func size(_ element: DocumentElement, _ name: String) throws(S3Error) -> UInt64? {
        guard let number = try element.number(name) else { return nil }
        guard let size = UInt64(exactly: number) else {
            throw .invalidArgument("'\(name)' should be a non-negative integer", name: name)
        }
        return size
    }
}
