import Foundation
import Testing

@testable import Strongroom

@Suite("Lifecycle rules")
struct LifecycleRuleTests {
    private static let day = LifecycleTime.dayMilliseconds

    private static func code(_ rules: [LifecycleRule]) -> StoreError.Code? {
        do throws(StoreError) {
            _ = try LifecycleConfiguration(rules)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("that say nothing, too much or what does not go together are refused")
    func refused() {
        let good = LifecycleRule(id: "a", expiration: .days(1))
        #expect(Self.code([good]) == nil)
        #expect(Self.code([]) == .invalidRequest)
        let many = (0...LifecycleConfiguration.ruleCountMaximum).map {
            LifecycleRule(id: "\($0)", expiration: .days(1))
        }
        #expect(Self.code(Array(many.dropLast())) == nil && Self.code(many) == .invalidRequest)
        #expect(Self.code([good, good]) == .invalidArgument)
        #expect(Self.code([LifecycleRule(id: "a")]) == .invalidRequest)
        for id in ["", String(repeating: "x", count: 256)] {
            #expect(Self.code([LifecycleRule(id: id, expiration: .days(1))]) == .invalidArgument)
        }
        for days in [0, -1, Int(Int32.max) + 1] {
            #expect(Self.code([LifecycleRule(id: "a", expiration: .days(days))]) == .invalidArgument)
            #expect(Self.code([LifecycleRule(id: "a", noncurrentExpiration: .init(days: days))]) == .invalidArgument)
            #expect(Self.code([LifecycleRule(id: "a", abortsUploadsAfterDays: days)]) == .invalidArgument)
        }
        for count in [0, 101] {
            let older = LifecycleRule.NoncurrentExpiration(days: 1, keptCount: count)
            #expect(Self.code([LifecycleRule(id: "a", noncurrentExpiration: older)]) == .invalidArgument)
        }
        let noon = Date(timeIntervalSince1970: 43_200)
        #expect(Self.code([LifecycleRule(id: "a", expiration: .date(noon))]) == .invalidArgument)
        #expect(Self.code([LifecycleRule(id: "a", expiration: .date(.distantFuture + 1))]) == .invalidArgument)
        let tagged = LifecycleFilter(tags: ["a": "b"])
        let sized = LifecycleFilter(isLargerThanBytes: 1)
        for filter in [tagged, sized] {
            #expect(
                Self.code([LifecycleRule(id: "a", filter: filter, expiration: .deleteMarkersAlone)]) == .invalidRequest)
            #expect(Self.code([LifecycleRule(id: "a", filter: filter, abortsUploadsAfterDays: 1)]) == .invalidRequest)
            #expect(Self.code([LifecycleRule(id: "a", filter: filter, expiration: .days(1))]) == nil)
        }
        let none = LifecycleFilter(isLargerThanBytes: 5, isSmallerThanBytes: 6)
        #expect(Self.code([LifecycleRule(id: "a", filter: none, expiration: .days(1))]) == .invalidRequest)
        let long = LifecycleFilter(prefix: String(repeating: "x", count: 1_025))
        #expect(Self.code([LifecycleRule(id: "a", filter: long, expiration: .days(1))]) == .invalidRequest)
    }

    @Test("come to something at the midnight after the age is reached")
    func due() {
        // Amazon S3 User Guide: put on 15 January 2014, 10:30, with three days: 19 January 2014, 00:00.
        let put: Int64 = 1_389_781_800_000
        #expect(LifecycleTime.due(put, afterDays: 3) == 1_390_089_600_000)
        for moment in [0, 1, Self.day - 1] { #expect(LifecycleTime.due(moment, afterDays: 1) == 2 * Self.day) }
        #expect(LifecycleTime.due(Self.day, afterDays: 1) == 3 * Self.day)
        #expect(LifecycleTime.due(-1, afterDays: 1) == Self.day)
        #expect(LifecycleTime.due(-Self.day, afterDays: 1) == Self.day)
        #expect(LifecycleTime.due(.max, afterDays: Int(Int32.max)) == .max)
    }

    static func randomRule(_ id: String, _ generator: inout SeededGenerator) -> LifecycleRule {
        func flip() -> Bool { Bool.random(using: &generator) }
        var rule = LifecycleRule(id: id, isEnabled: Int.random(in: 0..<5, using: &generator) > 0)
        rule.filter.prefix = [nil, "", "a", "a/", "b\0", "z"].randomElement(using: &generator)!
        let days = Int.random(in: 1...4, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: rule.filter.tags = [["t": "1"], ["t": "2"], ["t": "1", "u": "é"]].randomElement(using: &generator)!
        case 1: rule.filter.isLargerThanBytes = .random(in: 0...20, using: &generator)
        case 2: rule.filter.isSmallerThanBytes = .random(in: 1...20, using: &generator)
        default: break
        }
        let asksOfObjects = rule.filter.hasSizes || !rule.filter.tags.values.isEmpty
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: rule.expiration = .days(days)
        case 1:
            let day = LifecycleModelTests.start / day + Int64.random(in: 0...30, using: &generator)
            rule.expiration = .date(Date(storeMilliseconds: day * Self.day))
        case 2 where !asksOfObjects: rule.expiration = .deleteMarkersAlone
        default: break
        }
        if flip() {
            rule.noncurrentExpiration = .init(days: days, keptCount: [nil, 1, 2].randomElement(using: &generator)!)
        }
        if flip(), !asksOfObjects { rule.abortsUploadsAfterDays = days }
        if rule.expiration == nil, rule.noncurrentExpiration == nil, rule.abortsUploadsAfterDays == nil {
            rule.expiration = .days(days)
        }
        return rule
    }

    @Test("are read as they were written, whatever they say", arguments: 0..<20)
    func encoding(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: (seed + 1) &* 0xD134_2543_DE82_EF95)
        var rules = (0..<Int.random(in: 1...20, using: &generator)).map { number in
            LifecycleRuleTests.randomRule("rule \(number) é\"", &generator)
        }
        if seed % 3 == 0 { rules[0].hasPrefixOutsideFilter = true }
        let configuration = try LifecycleConfiguration(rules)
        let bytes = LifecycleEncoding.encoded(configuration)
        #expect(try LifecycleEncoding.decode(bytes) == configuration)
        // Cut off or changed they are refused, or say something else that holds together; never do they trap.
        for count in stride(from: 0, to: bytes.count, by: 5) {
            guard let fewer = try? LifecycleEncoding.decode(Array(bytes.prefix(count))) else { continue }
            #expect(LifecycleEncoding.encoded(fewer).elementsEqual(bytes.prefix(count)))
        }
        for _ in 0..<500 {
            var changed = bytes
            changed[.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            guard let other = try? LifecycleEncoding.decode(changed) else { continue }
            #expect(LifecycleEncoding.encoded(other) == changed)
        }
    }

    /// Part of the format.
    @Test("have these bytes")
    func bytes() throws {
        var rule = LifecycleRule(id: "a", filter: .init(prefix: "p", tags: ["t": "v"], isSmallerThanBytes: 258))
        rule.expiration = .date(Date(timeIntervalSince1970: 86_400))
        rule.noncurrentExpiration = .init(days: 3, keptCount: 2)
        let expected: [UInt8] = [
            1, 0, 0, 88, 0, 0, 0,  // version, the rule's number, its length
            1, 0, 1, 0, 0, 0, 0x61,  // id
            2, 0, 1, 0, 0, 0, 1,  // enabled
            3, 0, 1, 0, 0, 0, 0x70,  // prefix
            4, 0, 6, 0, 0, 0, 1, 0, 0x74, 1, 0, 0x76,  // tags
            6, 0, 8, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0,  // below
            7, 0, 9, 0, 0, 0, 2, 0x00, 0x5C, 0x26, 0x05, 0, 0, 0, 0,  // a date
            8, 0, 8, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0,  // older versions
        ]
        let written = LifecycleEncoding.encoded(try LifecycleConfiguration([rule]))
        #expect(written.count == expected.count)
        #expect(Array(written[7...]) == Array(expected[7...]))
        #expect(written[3] == UInt8(expected.count - 7))
    }
}
