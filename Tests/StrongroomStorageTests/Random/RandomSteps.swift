import StrongroomSimulation
import StrongroomTestSupport

/// The operations of one writer: a pure function of the seed.
struct RandomSteps {
    /// How many of a hundred make a blob.
    let blobPercentage: Int
    private var generator: SeededGenerator

    init(seed: UInt64, blobPercentage: Int = 11) {
        self.blobPercentage = blobPercentage
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> WorkloadStep {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<blobPercentage: generator.chance(1, in: 4) ? .abortBlob : putBlob()
        case 0..<55: put(count: 1)
        case 55..<65: put(count: Int.random(in: 2...5, using: &generator))
        case 65..<80: .delete(key())
        case 80..<95: move()
        default: .read(key())
        }
    }

    private mutating func key() -> WorkloadKey {
        WorkloadKey(number: Int.random(in: 0..<WorkloadKey.count, using: &generator))
    }

    private mutating func put(count: Int) -> WorkloadStep {
        let numbers = Set((0..<count).map { _ in key().number })
        let keys = numbers.map(WorkloadKey.init).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return .put(keys.map { WorkloadStep.Entry(key: $0, row: row()) })
    }

    private mutating func row() -> StoreModel.Row {
        let value = [UInt8](
            repeating: UInt8.random(in: 0...255, using: &generator), count: Int.random(in: 0...60, using: &generator))
        let lengths = [0, 10, 300, 512, 513, 2000, 9000]
        guard generator.chance(3, in: 4), let length = lengths.randomElement(using: &generator) else {
            return StoreModel.Row(value: value, payload: nil)
        }
        let seed = UInt8.random(in: 0...255, using: &generator)
        return StoreModel.Row(
            value: value, payload: StoreModel.Payload(home: .attachment, length: length, seed: seed))
    }

    private mutating func move() -> WorkloadStep {
        let (source, target) = (key(), key())
        guard source != target else { return .read(source) }
        return .move(from: source, to: target, value: UInt8.random(in: 0...255, using: &generator))
    }

    private mutating func putBlob() -> WorkloadStep {
        let key = key()
        return .putBlob(
            key,
            StoreModel.Payload(
                home: .blob, length: Int.random(in: 0..<20_000, using: &generator),
                seed: UInt8.random(in: 0...255, using: &generator)))
    }
}
