import StrongroomStorage

@testable import Strongroom

/// One operation: how it is done to a store, and what a world says of the answer.
protocol Step: Sendable {
    /// What it concerns, for whoever reads about a disagreement.
    var places: [Place] { get }
    func run(on store: Store) async throws(StoreError) -> Answer
    /// What it may be refused for in `world`; empty where it may not.
    func refusals(in world: World) -> [StoreError.Code]
    /// Those of `refusals` that a commit decides on; the others are found out before.
    func refusalsAtCommit(in world: World) -> [StoreError.Code]
    /// What it may be refused for by `world`'s settings of its buckets, of which a task may know the old ones until
    /// whoever changes them is told that they are changed.
    func refusals(bySettingsOf world: World) -> [StoreError.Code]
    /// What a large body is stored by, which, when it changes, may make the step give up.
    func basis(in world: World) -> WorldPlan.Basis?
    /// Whether in `world` it calls the key service, which is no part of the order of commits.
    func asksKeyService(in world: World) -> Bool
    /// The bucket whose settings it changes.
    var changedBucket: BucketName? { get }
    /// Why `answer`, which came without a commit, is not what `world` says; nil where it is.
    func objection(to answer: Answer, in world: World) -> String?
    /// Does it to `world`, which is that before the commit; returns what is wrong with the answer.
    func apply(_ done: Done, to world: inout World) -> String?
}

/// What a store answered.
enum Answer: Sendable {
    case done
    case changed(ChangeReceipt)
    case refused(StoreError)
    case put(PutReceipt)
    case delete(DeleteReceipt)
    case info(ObjectInfo)
    case partHead(ObjectPartHead)
    case attributes(ObjectAttributesPage)
    case body(ObjectInfo, Range<UInt64>, [UInt8])
    case tags(ObjectTagging)
    case list(ListPage)
    case versions(VersionPage)
    case upload(UploadInfo)
    case part(PartInfo)
    case parts(PartPage)
    case uploads(UploadPage)
    case batch(BatchReceipt)
    case rewrapped(RewrapReport)
}

/// What was committed.
struct Done {
    var answer: Answer
    var commit: CommitReceipt
    /// The worlds that the step may have read while it ran, oldest first; the last is that before the commit.
    var past: ArraySlice<World>
    /// Those whose settings of its buckets it may have known.
    var settings: ArraySlice<World>
}

extension Step {
    func refusals(in world: World) -> [StoreError.Code] { [] }
    func refusalsAtCommit(in world: World) -> [StoreError.Code] { refusals(in: world) }
    func refusals(bySettingsOf world: World) -> [StoreError.Code] { [] }
    func basis(in world: World) -> WorldPlan.Basis? { nil }
    func asksKeyService(in world: World) -> Bool { false }
    var changedBucket: BucketName? { nil }
    func objection(to answer: Answer, in world: World) -> String? { "a commit was expected" }
    func apply(_ done: Done, to world: inout World) -> String? { "no commit was expected" }

    func answer(on store: Store) async -> Answer {
        do throws(StoreError) {
            return try await run(on: store)
        } catch {
            return .refused(error)
        }
    }

    /// `objection`, refusals included.
    func wholeObjection(to answer: Answer, in world: World) -> String? {
        let refusals = refusals(in: world)
        guard case .refused(let error) = answer else {
            return refusals.isEmpty ? objection(to: answer, in: world) : "it should have been refused: \(refusals)"
        }
        guard !refusals.contains(error.code) else { return nil }
        return refusals.isEmpty ? "it should have been done" : "it should have been refused: \(refusals)"
    }
}

/// A step as it went.
struct Event: Sendable {
    var task: Int
    var step: any Step
    /// Marks of one clock that all tasks share.
    var began: Int
    var ended: Int
    var answer: Answer
    /// The first commit that the step made.
    var commit: CommitReceipt?
}
