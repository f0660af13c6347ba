@testable import Strongroom

/// Reads an object: what is true of it, its bytes or its tags.
struct ReadStep: Step {
    enum Part: Sendable {
        case head
        case bytes(Range<UInt64>?)
        case tags
    }

    var place: Place
    var version: VersionID?
    var part: Part
    var conditions = ReadConditions()

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let bucket = store.bucket(place.bucket)
        switch part {
        case .head: return .info(try await bucket.head(place.key, version: version, if: conditions))
        case .tags: return .tags(try await bucket.tags(of: place.key, version: version))
        case .bytes(let range):
            let body = try await bucket.get(place.key, version: version, range: range, if: conditions)
            return .body(body.info, body.range, try await body.collect(upTo: 1 << 24))
        }
    }

    func refusals(in world: World) -> [StoreError.Code] {
        switch world.find(place, version) {
        case .refused(let code): return [code]
        case .object(let object):
            let etag = object.info.etag
            if case .tags = part { return [] }
            if let matches = conditions.matches, !matches.contains(etag) { return [.preconditionFailed] }
            if let differs = conditions.differs, differs.contains(etag) { return [.notModified] }
            guard case .bytes(let range?) = part else { return [] }
            return range.isEmpty || range.lowerBound >= object.info.sizeBytes ? [.invalidRange] : []
        }
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .object(let object) = world.find(place, version) else { return "there is no such object" }
        switch (part, answer) {
        case (.head, .info(let info)): return object.objection(to: info)
        case (.tags, .tags(let tagging)):
            let (id, lsn) = (object.info.versionID, object.info.lsn)
            guard tagging.versionID == id, tagging.lsn == lsn else { return "expected version \(id) of \(lsn)" }
            return object.tags == nil || object.tags == tagging.tags.values ? nil : "expected \(object.tags ?? [:])"
        case (.bytes(let range), .body(let info, let found, let bytes)):
            if let objection = object.objection(to: info) { return objection }
            let expected = object.content.clamped(to: range)
            let lower = range?.lowerBound ?? 0
            guard found == lower..<lower + UInt64(expected.count) else { return "the range is \(found)" }
            return bytes == expected ? nil : "the bytes are others than \(object.content)"
        default: return "another kind of answer was expected"
        }
    }
}
