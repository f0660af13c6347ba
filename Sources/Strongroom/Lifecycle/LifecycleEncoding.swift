#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A bucket's rules as the bytes of its document of kind 4.
///
/// Byte map, version 1:
///
///     version u8 = 1 | fields (`FieldWriter`): for each rule, in their order, a field whose tag is its number from 0
///
/// A rule is a list of fields again:
///
///     tag  value
///      1   id (UTF-8)
///      2   u8 = 1 where the rule is enabled; else absent
///      3   prefix (UTF-8); absent where the filter names none
///      4   tags, as user metadata (`ObjectAttributes`); absent where there are none
///      5   the size that objects are above, u64; absent where there is none
///      6   the size that objects are below, u64; absent where there is none
///      7   expiration: u8 1, days u32; or u8 2, moment i64 (ms since 1970); or u8 3: delete markers alone; else absent
///      8   expiration of older versions: days u32 | how many are kept u32, 0 for none; else absent
///      9   days after which uploads are aborted, u32; absent where they are not
///     10   u8 = 1 where a client put the prefix outside the filter; else absent
enum LifecycleEncoding {
    private static let formatVersion: UInt8 = 1

    static func encoded(_ configuration: LifecycleConfiguration) -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 128 * configuration.rules.count)
        for (number, rule) in configuration.rules.enumerated() { writer.put(UInt16(number), encoded(rule)) }
        return [formatVersion] + writer.bytes
    }

    private static func encoded(_ rule: LifecycleRule) -> [UInt8] {
        var writer = FieldWriter(reservingBytes: 128)
        writer.put(1, text: rule.id)
        if rule.isEnabled { writer.put(2, [1]) }
        if let prefix = rule.filter.prefix { writer.put(3, text: prefix) }
        if !rule.filter.tags.values.isEmpty { writer.put(4, ObjectAttributes.encode(rule.filter.tags.values)) }
        if let size = rule.filter.isLargerThanBytes { writer.put(5, integer: size) }
        if let size = rule.filter.isSmallerThanBytes { writer.put(6, integer: size) }
        switch rule.expiration {
        case nil: break
        case .days(let days): writer.put(7, [1] + bytes(UInt32(days)))
        case .date(let date): writer.put(7, [2] + bytes(date.storeMillisecondsRoundedUp ?? 0))
        case .deleteMarkersAlone: writer.put(7, [3])
        }
        if let older = rule.noncurrentExpiration {
            writer.put(8, bytes(UInt32(older.days)) + bytes(UInt32(older.keptCount ?? 0)))
        }
        if let days = rule.abortsUploadsAfterDays { writer.put(9, integer: UInt32(days)) }
        if rule.hasPrefixOutsideFilter { writer.put(10, [1]) }
        return writer.bytes
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        stride(from: 0, to: value.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}

extension LifecycleEncoding {
    static func decode(_ document: [UInt8]) throws(FieldReader.Malformed) -> LifecycleConfiguration {
        guard document.first == formatVersion else { throw .init(reason: "the version of the rules is unknown") }
        var reader = FieldReader(document.dropFirst())
        var rules: [LifecycleRule] = []
        while rules.count < LifecycleConfiguration.ruleCountMaximum,
            let bytes = try reader.optional(UInt16(rules.count))
        {
            rules.append(try rule(bytes))
        }
        try reader.finish()
        do throws(StoreError) {
            return try LifecycleConfiguration(rules)
        } catch {
            throw .init(reason: error.message)
        }
    }

    private static func rule(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) -> LifecycleRule {
        var reader = FieldReader(bytes)
        var rule = LifecycleRule(id: try reader.text(1))
        rule.isEnabled = try reader.flag(2)
        rule.filter.prefix = try reader.optionalText(3)
        if let bytes = try reader.optional(4) { rule.filter.tags = try tags(bytes) }
        if let bytes = try reader.optionalBytes(5, count: 8) { rule.filter.isLargerThanBytes = integer(bytes) }
        if let bytes = try reader.optionalBytes(6, count: 8) { rule.filter.isSmallerThanBytes = integer(bytes) }
        if let bytes = try reader.optional(7) { rule.expiration = try expiration(Array(bytes)) }
        if let bytes = try reader.optionalBytes(8, count: 8) {
            let keptCount = Int(integer(bytes[4...]))
            rule.noncurrentExpiration = .init(
                days: Int(integer(bytes[..<4])), keptCount: keptCount == 0 ? nil : keptCount)
        }
        if let bytes = try reader.optionalBytes(9, count: 4) { rule.abortsUploadsAfterDays = Int(integer(bytes)) }
        rule.hasPrefixOutsideFilter = try reader.flag(10)
        try reader.finish()
        return rule
    }

    private static func tags(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) -> ObjectTags {
        let values = try ObjectAttributes.decodeMetadata(bytes)
        do throws(StoreError) {
            return try ObjectTags(values)
        } catch {
            throw .init(reason: error.message)
        }
    }

    private static func expiration(_ bytes: [UInt8]) throws(FieldReader.Malformed) -> LifecycleRule.Expiration {
        switch (bytes.first, bytes.count) {
        case (1, 5): .days(Int(integer(bytes[1...])))
        case (2, 9): .date(Date(storeMilliseconds: Int64(bitPattern: integer(bytes[1...]))))
        case (3, 1): .deleteMarkersAlone
        default: throw .init(reason: "an expiration is unknown")
        }
    }

    /// At most eight bytes, little-endian.
    private static func integer(_ bytes: some BidirectionalCollection<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
