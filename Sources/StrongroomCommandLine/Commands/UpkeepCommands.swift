#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import Synchronization

extension EncryptionCommand {
    struct Reseal: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring the objects of a bucket up to its default encryption.",
            discussion: """
                In place where that suffices, else sealed anew; version, ETag and time stay. What may not be touched \
                (under customer keys, locked, better protected) is listed with the reason. It can be stopped and run again: what is done \
                is not done twice, but with --new-data-keys.
                """)

        @Argument(help: "The bucket.")
        var bucket: String
        @Flag(help: "Seal every object anew, also those that are as the bucket asks.")
        var newDataKeys = false
        @Flag(help: "Also from aws:kms or aws:kms:dsse to less, where the bucket asks for less; never to none.")
        var allowLesserModes = false
        @OptionGroup var upkeep: UpkeepOptions
        @Option(help: "At most so many bytes of objects a second, on the average.")
        var byteRate: Int?
        @OptionGroup var location: StoreLocation

        func validate() throws { try RateOption.check(byteRate, "--byte-rate", to: 1 << 40) }

        func run(on store: Store, _ console: Console) async throws {
            let progress = ProgressDisplay(Progress(title: "reseal"), console: console)
            defer { progress.finish() }
            let seen = Seen()
            let options = ResealOptions(
                renewsDataKeys: newDataKeys, allowsLesserModes: allowLesserModes, after: try upkeep.cursor,
                limit: upkeep.limit,
                ratePerSecond: upkeep.rate,
                bytesPerSecond: byteRate)
            let handle = store.bucket(try BucketName(bucket))
            let report = try await seen.tellingPlace(to: console) {
                try await handle.reseal(options) { report in
                    seen.note(report.cursor)
                    progress.advance(objects: seen.advance(to: report.changedCount + report.currentCount))
                }
            }
            progress.finish()
            for finding in report.untouchable { console.warn("not touched: \(finding.place): \(finding.reason)") }
            for failure in report.failures { console.warn("\(failure.place): \(failure.reason)") }
            let record = ResealRecord(report)
            console.emit(record, text: record.text)
            guard record.failures == 0 else {
                throw CommandFailure(
                    .resealFailed, "\(record.failures) objects could not be sealed anew; mend that and run it again")
            }
        }
    }

    struct Rewrap: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "After a rotation: wrap all data keys under the current versions of their keys.",
            discussion: "No object is moved. It can be stopped and run again: what is done is not done twice.")

        @Option(help: "Only what is under this key: its id, alias or ARN, or as head tells it.")
        var key: String?
        @OptionGroup var upkeep: UpkeepOptions
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            var keyID: String?
            if let key { keyID = try await Self.keyID(of: key, in: store) }
            let progress = ProgressDisplay(Progress(title: "rewrap"), console: console)
            defer { progress.finish() }
            let seen = Seen()
            let options = RewrapOptions(
                keyID: keyID, after: try upkeep.cursor, limit: upkeep.limit, ratePerSecond: upkeep.rate)
            let report = try await seen.tellingPlace(to: console) {
                try await store.rewrapKeys(options) { report in
                    seen.note(report.cursor)
                    progress.advance(objects: seen.advance(to: report.rewrappedCount + report.currentCount))
                }
            }
            progress.finish()
            for failure in report.failures { console.warn("\(failure.place): \(failure.reason)") }
            let record = RewrapRecord(report)
            console.emit(record, text: record.text)
            guard report.failures.isEmpty, report.unlistedFailureCount == 0 else {
                throw CommandFailure(
                    .rewrapFailed, "\(record.failures) keys could not be wrapped anew; mend that and run it again")
            }
        }
    }
}

extension EncryptionCommand.Rewrap {
    /// What objects name the key by. A key that is not there has nothing to wrap anew, and whoever misspelt one must
    /// not be told that all is done.
    fileprivate static func keyID(of name: String, in store: Store) async throws -> String {
        if let id = try await usedKeyID(of: name, in: store) { return id }
        do {
            return try await KeyControl(store: store).ask("describe-key", ["keyId": name], for: KeyRecord.self).keyId
        } catch let error as StoreError where error.code == .keyNotFound || error.code == .invalidRequest {
            throw CommandFailure(
                .keyNotFound,
                "There is no key \(quoted(name)), and nothing is under one of that id; `key list` lists the keys.")
        }
    }

    /// Nil where nothing is known to be under such a key.
    private static func usedKeyID(of name: String, in store: Store) async throws -> String? {
        do throws(StoreError) {
            let usage = try await store.keyUsage(of: name)
            return usage.buckets.isEmpty && usage.keyID == name ? nil : usage.keyID
        } catch {
            // The key service knows its keys all the same.
            guard error.code == .keyUsageIncomplete else { throw error }
            return nil
        }
    }
}

/// What was told of a job so far.
private final class Seen: Sendable {
    private let count = Atomic<UInt64>(0)
    private let place = Mutex<UpkeepCursor?>(nil)

    func note(_ cursor: UpkeepCursor?) { place.withLock { $0 = cursor } }

    /// Says where to go on if `job` is broken off.
    func tellingPlace<Report>(to console: Console, _ job: () async throws -> Report) async throws -> Report {
        do {
            return try await job()
        } catch {
            if let cursor = place.withLock({ $0 }) { console.warn("broken off; go on with --after \(cursor)") }
            throw error
        }
    }

    /// How many more there are than ever before: a run begins to count anew with each of its passes.
    func advance(to total: UInt64) -> UInt64 {
        let (before, now) = count.max(total, ordering: .relaxed)
        return now - before
    }
}

/// How far a job goes, and how fast.
struct UpkeepOptions: ParsableArguments {
    @Option(help: "Go on where a run stopped, as it has said.")
    var after: String?
    @Option(help: "Change at most so many objects; with rewrap, wrap at most so many data keys.")
    var limit: UInt64?
    @Option(help: "At most so many of these a second.")
    var rate: Int?

    func validate() throws { try RateOption.check(rate, "--rate") }

    var cursor: UpkeepCursor? { get throws { try after.map { try UpkeepCursor($0) } } }
}

/// What `encryption reseal` did.
struct ResealRecord: Codable, Equatable {
    var updated: UInt64
    var resealed: UInt64
    var resealedBytes: UInt64
    var current: UInt64
    var notTouched: UInt64
    var failures: UInt64
    /// What `--after` takes; absent when all was gone through.
    var after: String?

    init(_ report: ResealReport) {
        (updated, resealed, resealedBytes) = (report.updatedCount, report.resealedCount, report.resealedBytes)
        current = report.currentCount
        notTouched = UInt64(report.untouchable.count) + report.unlistedUntouchableCount
        failures = UInt64(report.failures.count) + report.unlistedFailureCount
        after = report.cursor?.description
    }

    var text: String {
        var text =
            "\(HumanUnits.count(updated)) updated in place, \(HumanUnits.count(resealed)) sealed anew "
            + "(\(HumanUnits.bytes(resealedBytes))), \(HumanUnits.count(current)) as the bucket asks"
        if notTouched > 0 { text += ", \(HumanUnits.count(notTouched)) not touched" }
        if let after { text += "; go on with --after \(after)" }
        return text
    }
}

/// What `encryption rewrap` did.
struct RewrapRecord: Codable, Equatable {
    var rewrapped: UInt64
    var current: UInt64
    var failures: UInt64
    /// What `--after` takes; absent when all was gone through.
    var after: String?

    init(_ report: RewrapReport) {
        rewrapped = report.rewrappedCount
        current = report.currentCount
        failures = UInt64(report.failures.count) + report.unlistedFailureCount
        after = report.cursor?.description
    }

    var text: String {
        let more = after.map { "; go on with --after \($0)" } ?? ""
        return "\(HumanUnits.count(rewrapped)) wrapped anew, \(HumanUnits.count(current)) were current\(more)"
    }
}
#endif
