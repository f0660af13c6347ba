@testable import Strongroom

/// Reads an object: what is true of it, its bytes or its tags.
struct ReadStep: Step {
    enum Part: Sendable {
        case head
        case headOfPart(Int)
        case attributes
        case bytes(Range<UInt64>?)
        case bytesOfPart(Int)
        case tags
    }

    var place: Place
    var version: VersionID?
    var part: Part
    var conditions = ReadConditions()
    /// By the bucket's handle.
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let (bucket, key) = (store.bucket(place.bucket, presenting: presented), place.key)
        switch part {
        case .head: return .info(try await bucket.head(key, version: version, if: conditions))
        case .headOfPart(let number):
            return .partHead(try await bucket.head(key, part: number, version: version, if: conditions))
        case .attributes: return .attributes(try await bucket.attributes(of: key, version: version, if: conditions))
        case .tags: return .tags(try await bucket.tags(of: key, version: version))
        case .bytes(let range):
            let body = try await bucket.get(key, version: version, range: range, if: conditions)
            return .body(body.info, body.range, try await body.collect(upTo: 1 << 24))
        case .bytesOfPart(let number):
            let body = try await bucket.get(key, part: number, version: version, if: conditions)
            return .body(body.info, body.range, try await body.collect(upTo: 1 << 24))
        }
    }

    func asksKeyService(in world: World) -> Bool {
        guard case .object(let object) = world.find(place, version) else { return false }
        switch part {
        case .head, .headOfPart, .tags: return false
        case .attributes, .bytes, .bytesOfPart: return object.encryption.isUnderServiceKey
        }
    }

    func refusals(in world: World) -> [StoreError.Code] {
        switch world.find(place, version) {
        case .refused(let code): return [code]
        case .object(let object):
            if case .tags = part { return [] }
            // Whoever has not the key is not even told whether a condition holds.
            let unproven = object.encryption.refusals(presenting: presented)
            guard unproven.isEmpty else { return unproven }
            let etag = object.info.etag
            if let matches = conditions.matches, !matches.contains(etag) { return [.preconditionFailed] }
            if let differs = conditions.differs, differs.contains(etag) { return [.notModified] }
            switch part {
            case .head, .attributes, .tags, .bytes(nil): return []
            case .bytes(let range?):
                return range.isEmpty || range.lowerBound >= object.info.sizeBytes ? [.invalidRange] : []
            case .headOfPart(let number), .bytesOfPart(let number):
                return object.part(number) == nil ? [.invalidPartNumber] : []
            }
        }
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .object(let object) = world.find(place, version) else { return "there is no such object" }
        // A head asks no key service, so it proves a customer's key only.
        let isProven = object.encryption.customerKey != nil
        switch (part, answer) {
        case (.head, .info(let info)): return object.objection(to: info, isOpened: isProven)
        case (.headOfPart(let number), .partHead(let head)):
            if let objection = object.objection(to: head.object, isOpened: isProven) { return objection }
            let expected = object.part(number).map { object.told($0, isOpened: isProven) }
            return head.part == expected ? nil : "expected \("\(expected, default: "no part")")"
        case (.attributes, .attributes(let page)):
            if let objection = object.objection(to: page.object, isOpened: true) { return objection }
            let expected = object.parts ?? []
            return page.parts == expected && page.next == nil ? nil : "expected \(expected)"
        case (.tags, .tags(let tagging)):
            let (id, lsn) = (object.info.versionID, object.info.lsn)
            guard tagging.versionID == id, tagging.lsn == lsn else { return "expected version \(id) of \(lsn)" }
            return object.tags == nil || object.tags == tagging.tags.values ? nil : "expected \(object.tags ?? [:])"
        case (.bytes(let range), .body(let info, let found, let bytes)):
            if let objection = object.objection(to: info, isOpened: true) { return objection }
            let expected = object.content.clamped(to: range)
            let lower = range?.lowerBound ?? 0
            guard found == lower..<lower + UInt64(expected.count) else { return "the range is \(found)" }
            return bytes == expected ? nil : "the bytes are others than \(object.content)"
        case (.bytesOfPart(let number), .body(let info, let found, let bytes)):
            if let objection = object.objection(to: info, isOpened: true) { return objection }
            guard let range = object.part(number)?.range, found == range else { return "the range is \(found)" }
            return bytes == object.content.clamped(to: range) ? nil : "the bytes are others than the part's"
        default: return "another kind of answer was expected"
        }
    }
}
