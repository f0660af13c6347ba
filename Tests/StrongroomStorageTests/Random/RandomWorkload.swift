import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

/// One writer's random operations, each noted in the model at the position where it is committed.
struct RandomWorkload {
    let storage: EmbeddedStorage
    let model: StoreModel
    private var steps: RandomSteps

    /// - Parameter blobPercentage: how many of a hundred operations make a blob.
    init(storage: EmbeddedStorage, model: StoreModel, seed: UInt64, blobPercentage: Int = 11) {
        self.storage = storage
        self.model = model
        steps = RandomSteps(seed: seed, blobPercentage: blobPercentage)
    }

    /// Runs `count` operations, or until the store fails; the error it failed with.
    mutating func run(_ count: Int) async -> StorageError? {
        for _ in 0..<count {
            do throws(StorageError) {
                try await storage.perform(steps.next(), noting: model)
            } catch {
                return error
            }
        }
        return nil
    }
}
