#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

/// Rules as `aws s3api put-bucket-lifecycle-configuration` takes them from a file, and nothing that is not known here:
/// what is not understood is not agreed to.
struct LifecycleFile: Codable, Equatable {
    struct Rule: Codable, Equatable {
        /// Nil for a name that is made here.
        var id: String?
        var status: String
        var filter: Filter
        var expiration: Expiration?
        var noncurrentVersionExpiration: NoncurrentVersionExpiration?
        var abortIncompleteMultipartUpload: AbortIncompleteMultipartUpload?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case id = "ID"
            case status = "Status"
            case filter = "Filter"
            case expiration = "Expiration"
            case noncurrentVersionExpiration = "NoncurrentVersionExpiration"
            case abortIncompleteMultipartUpload = "AbortIncompleteMultipartUpload"
        }
    }

    struct Tag: Codable, Equatable {
        var key: String
        var value: String

        enum CodingKeys: String, CodingKey, CaseIterable {
            case key = "Key"
            case value = "Value"
        }
    }

    /// One predicate, or several in `And`.
    struct Filter: Codable, Equatable {
        var prefix: String?
        var tag: Tag?
        var objectSizeGreaterThan: UInt64?
        var objectSizeLessThan: UInt64?
        var and: Predicates?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case prefix = "Prefix"
            case tag = "Tag"
            case objectSizeGreaterThan = "ObjectSizeGreaterThan"
            case objectSizeLessThan = "ObjectSizeLessThan"
            case and = "And"
        }
    }

    struct Predicates: Codable, Equatable {
        var prefix: String?
        var tags: [Tag]?
        var objectSizeGreaterThan: UInt64?
        var objectSizeLessThan: UInt64?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case prefix = "Prefix"
            case tags = "Tags"
            case objectSizeGreaterThan = "ObjectSizeGreaterThan"
            case objectSizeLessThan = "ObjectSizeLessThan"
        }
    }

    struct Expiration: Codable, Equatable {
        var days: Int?
        var date: Date?
        var expiredObjectDeleteMarker: Bool?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case days = "Days"
            case date = "Date"
            case expiredObjectDeleteMarker = "ExpiredObjectDeleteMarker"
        }
    }

    struct NoncurrentVersionExpiration: Codable, Equatable {
        var noncurrentDays: Int
        var newerNoncurrentVersions: Int?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case noncurrentDays = "NoncurrentDays"
            case newerNoncurrentVersions = "NewerNoncurrentVersions"
        }
    }

    struct AbortIncompleteMultipartUpload: Codable, Equatable {
        var daysAfterInitiation: Int

        enum CodingKeys: String, CodingKey, CaseIterable {
            case daysAfterInitiation = "DaysAfterInitiation"
        }
    }

    var rules: [Rule]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case rules = "Rules"
    }
}

// MARK: - To rules, and back

extension LifecycleFile {
    init(_ configuration: LifecycleConfiguration) { rules = configuration.rules.map(Rule.init) }

    /// - Throws: `invalidArgument`, `invalidRequest`, `invalidTag`.
    func configuration() throws(StoreError) -> LifecycleConfiguration {
        var found: [LifecycleRule] = []
        for rule in rules { found.append(try rule.rule()) }
        return try LifecycleConfiguration(found)
    }
}

extension LifecycleFile.Rule {
    init(_ rule: LifecycleRule) {
        self.init(
            id: rule.id, status: rule.isEnabled ? "Enabled" : "Disabled", filter: LifecycleFile.Filter(rule.filter))
        switch rule.expiration {
        case nil: break
        case .days(let days): expiration = .init(days: days)
        case .date(let date): expiration = .init(date: date)
        case .deleteMarkersAlone: expiration = .init(expiredObjectDeleteMarker: true)
        }
        noncurrentVersionExpiration = rule.noncurrentExpiration.map {
            .init(noncurrentDays: $0.days, newerNoncurrentVersions: $0.keptCount)
        }
        abortIncompleteMultipartUpload = rule.abortsUploadsAfterDays.map { .init(daysAfterInitiation: $0) }
    }

    fileprivate func rule() throws(StoreError) -> LifecycleRule {
        let id = id ?? UUID().uuidString.lowercased()
        guard status == "Enabled" || status == "Disabled" else {
            throw StoreError(.invalidArgument, "Status of the rule \(quoted(id)) is Enabled or Disabled.")
        }
        var rule = LifecycleRule(id: id, isEnabled: status == "Enabled", filter: try filter.filter())
        switch (expiration?.days, expiration?.date, expiration?.expiredObjectDeleteMarker) {
        case (nil, nil, nil) where expiration == nil: break
        case (let days?, nil, nil): rule.expiration = .days(days)
        case (nil, let date?, nil): rule.expiration = .date(date)
        case (nil, nil, true?): rule.expiration = .deleteMarkersAlone
        default:
            throw StoreError(
                .invalidArgument,
                "Expiration of the rule \(quoted(id)) is Days, a Date, or ExpiredObjectDeleteMarker that is true.")
        }
        rule.noncurrentExpiration = noncurrentVersionExpiration.map {
            .init(days: $0.noncurrentDays, keptCount: $0.newerNoncurrentVersions)
        }
        rule.abortsUploadsAfterDays = abortIncompleteMultipartUpload?.daysAfterInitiation
        return rule
    }
}

extension LifecycleFile.Filter {
    fileprivate init(_ filter: LifecycleFilter) {
        let tags = filter.tags.values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { LifecycleFile.Tag(key: $0.key, value: $0.value) }
        let all = LifecycleFile.Predicates(
            prefix: filter.prefix, tags: tags.isEmpty ? nil : tags, objectSizeGreaterThan: filter.isLargerThanBytes,
            objectSizeLessThan: filter.isSmallerThanBytes)
        self.init()
        if all.count > 1 {
            and = all
        } else {
            (prefix, tag) = (all.prefix, tags.first)
            (objectSizeGreaterThan, objectSizeLessThan) = (all.objectSizeGreaterThan, all.objectSizeLessThan)
        }
    }

    fileprivate func filter() throws(StoreError) -> LifecycleFilter {
        let own = LifecycleFile.Predicates(
            prefix: prefix, tags: tag.map { [$0] }, objectSizeGreaterThan: objectSizeGreaterThan,
            objectSizeLessThan: objectSizeLessThan)
        guard own.count + (and == nil ? 0 : 1) <= 1 else {
            throw StoreError(.invalidArgument, "Several predicates of a Filter stand in And.")
        }
        let all = and ?? own
        var tags: [String: String] = [:]
        for tag in all.tags ?? [] where tags.updateValue(tag.value, forKey: tag.key) != nil {
            throw StoreError(.invalidArgument, "A Filter has the tag \(quoted(tag.key)) twice.")
        }
        return LifecycleFilter(
            prefix: all.prefix, tags: try ObjectTags(tags), isLargerThanBytes: all.objectSizeGreaterThan,
            isSmallerThanBytes: all.objectSizeLessThan)
    }
}

extension LifecycleFile.Predicates {
    fileprivate var count: Int {
        (prefix == nil ? 0 : 1) + (tags?.count ?? 0) + (objectSizeGreaterThan == nil ? 0 : 1)
            + (objectSizeLessThan == nil ? 0 : 1)
    }
}
#endif
