import Foundation

@testable import Strongroom

/// Changes what protects a version. All retentions are for days, so none ends while a test runs.
struct LockStep: Step {
    enum Change: Sendable {
        case retention(Retention?, bypassesGovernance: Bool)
        case legalHold(Bool)
    }

    var place: Place
    var version: VersionID?
    var change: Change

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let bucket = store.bucket(place.bucket)
        switch change {
        case .retention(let retention, let bypasses):
            return .changed(
                try await bucket.setRetention(
                    retention, of: place.key, version: version, bypassingGovernance: bypasses))
        case .legalHold(let isOn):
            return .changed(try await bucket.setLegalHold(isOn, of: place.key, version: version))
        }
    }

    func refusals(in world: World) -> [StoreError.Code] {
        guard world.buckets[place.bucket]?.hasObjectLock == true else { return [.invalidRequest] }
        switch world.find(place, version) {
        case .refused(.noSuchKey) where !world.stack(place).isEmpty: return [.methodNotAllowed]
        case .refused(let code): return [code]
        case .object(let object):
            guard case .retention(let new, let bypasses) = change else { return [] }
            if let new, new.until < Date() { return [.invalidArgument] }
            guard let old = object.info.retention else { return [] }
            let isExtended = new.map { $0.mode == old.mode && $0.until >= old.until } ?? false
            return isExtended || (bypasses && old.mode == .governance) ? [] : [.accessDenied]
        }
    }

    /// Where all is as wanted nothing is committed.
    func objection(to answer: Answer, in world: World) -> String? {
        guard case .object(let object) = world.find(place, version) else { return "there is no such object" }
        switch change {
        case .retention(let new, _): return object.info.retention == new ? nil : "the retention was another"
        case .legalHold(let isOn): return object.info.legalHold == isOn ? nil : "the hold was another"
        }
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.change(place, version) { object in
            switch change {
            case .retention(let new, _): (object.info.retention, object.isRetainedByDefault) = (new, false)
            case .legalHold(let isOn): object.info.legalHold = isOn
            }
        }
        return nil
    }
}

struct DefaultRetentionStep: Step {
    var bucket: BucketName
    var retention: DefaultRetention?

    var places: [Place] { [] }
    var changedBucket: BucketName? { bucket }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(try await store.bucket(bucket).setDefaultRetention(retention))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        world.buckets[bucket]?.hasObjectLock == true ? [] : [.invalidRequest]
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.buckets[bucket]?.defaultRetention = retention
        return nil
    }
}
