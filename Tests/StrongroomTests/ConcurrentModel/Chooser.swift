import Foundation
import Synchronization

@testable import Strongroom

/// What the tasks have learnt of the store, so that their steps name versions and ETags that exist, or did lately.
final class Knowledge: Sendable {
    struct Version: Sendable {
        var place: Place
        var id: VersionID
        var etag: String
    }

    private let versions = Mutex<[Version]>([])

    func learn(_ version: Version) {
        versions.withLock {
            $0.append(version)
            if $0.count > Self.limit { $0.removeFirst() }
        }
    }

    /// - Parameter draw: any number; which one it stands for.
    func version(_ draw: Int) -> Version? {
        versions.withLock { $0.isEmpty ? nil : $0[draw % $0.count] }
    }

    private static let limit = 200
}

/// Chooses one task's steps. The same seed makes the same choices of the same knowledge, whatever comes of them.
struct Chooser {
    /// Few keys, so that they collide; one with zero bytes, one that others are prefixes of.
    static let keys: [ObjectKey] = ["a", "a\0b", "a\0", "a/b", "dir/x", "dir/y", "z", "ä"]

    /// The buckets' names, and how they begin.
    static let buckets: [BucketName: WorldBucket] = [
        "plain": WorldBucket(versioning: .unversioned),
        "kept": WorldBucket(versioning: .enabled),
    ]

    var generator: SeededGenerator
    let knowledge: Knowledge

    mutating func next() -> any Step {
        switch number(100) {
        case 0..<30: put()
        case 30..<45: DeleteStep(place: place(), condition: condition())
        case 45..<85: read()
        default: list()
        }
    }

    /// Takes note of what came of a step.
    func learn(_ step: any Step, _ answer: Answer) {
        switch (step, answer) {
        case (let put as PutStep, .put(let receipt)): learn(put.place, receipt)
        default: break
        }
    }

    private func learn(_ place: Place, _ receipt: PutReceipt) {
        knowledge.learn(.init(place: place, id: receipt.versionID, etag: receipt.etag))
    }

    // MARK: What steps are made of

    mutating func number(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    /// Once in `odds` times.
    mutating func isChosen(_ odds: Int) -> Bool { number(odds) == 0 }

    mutating func bucket() -> BucketName { Self.buckets.keys.sorted()[number(Self.buckets.count)] }

    mutating func place() -> Place { Place(bucket: bucket(), key: Self.keys[number(Self.keys.count)]) }

    mutating func version() -> Knowledge.Version? { knowledge.version(number(1 << 20)) }

    /// Mostly tiny, sometimes in the journal, sometimes in a file of its own.
    mutating func content() -> Content {
        let sizes = [0, 1, 600, 3_000, 4_097, 12_000]
        return Content(generator.bytes(isChosen(12) ? sizes[number(sizes.count)] : 24))
    }

    mutating func condition() -> WriteCondition? {
        switch number(8) {
        case 0: .absent
        case 1: .present
        case 2: .matches(version()?.etag ?? "none")
        default: nil
        }
    }

    mutating func tags() -> ObjectTags {
        isChosen(3) ? ObjectTags(checked: ["n": "\(number(1_000))", "m": "\(number(2))"]) : .none
    }

    mutating func putOptions() -> PutOptions {
        var options = PutOptions(tags: tags())
        if isChosen(4) { options.metadata = ["n": "\(number(1_000))"] }
        if isChosen(4) { options.contentType = "text/\(number(10))" }
        if isChosen(6) { options.etag = .md5 }
        return options
    }

    // MARK: Steps

    private mutating func put() -> any Step {
        var options = putOptions()
        options.condition = condition()
        return PutStep(place: place(), content: content(), options: options)
    }

    private mutating func read() -> any Step {
        var step = ReadStep(place: place(), part: .head)
        if isChosen(2), let known = version() { (step.place, step.version) = (known.place, known.id) }
        switch number(5) {
        case 0: step.part = .head
        case 1: step.part = .tags
        case 2:
            let lower = UInt64(number(40))
            step.part = .bytes(lower..<lower + UInt64(number(5_000)))
        default: step.part = .bytes(nil)
        }
        if isChosen(6) { step.conditions.matches = [version()?.etag ?? "none"] }
        if isChosen(6) { step.conditions.differs = [version()?.etag ?? "none"] }
        return step
    }

    private mutating func list() -> any Step {
        var options = ListOptions(limit: isChosen(2) ? 1_000 : 1 + number(5))
        options.prefix = ["", "", "a", "dir/", "none"][number(5)]
        options.delimiter = [nil, nil, "/", "\0"][number(4)]
        if isChosen(4) { options.startAfter = ["a", "dir", "dir/x", "z"][number(4)] }
        return ListStep(bucket: bucket(), options: options)
    }
}
