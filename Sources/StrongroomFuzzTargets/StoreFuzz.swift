internal import StrongroomJournal
internal import StrongroomSimulation
internal import StrongroomStorage
internal import StrongroomSystem
internal import StrongroomTestSupport

/// A store's lives as the input writes them: changes, checkpoints, images and compaction, and power failures that the
/// writes survive which the input says. What was acknowledged is there ever after, and nothing is that was not issued:
/// a plain dictionary says so after each life.
public func fuzzStoreStateful(_ input: RawSpan) {
    var input = FuzzInput(input)
    let lives = (0..<input.byte() % 3 + 1).map { _ in StoreLife(&input) }
    let failure = waiting { () -> String? in
        do {
            let machine = try await SimulatedMachine(seed: 1, options: .tiny)
            let model = StoreModel()
            for (number, life) in lives.enumerated() { try await life.run(machine, model, number: UInt64(number)) }
            return nil
        } catch {
            return "\(error)"
        }
    }
    if let failure { finding(failure) }
}

/// From an opening to the next one.
private struct StoreLife: Sendable {
    private enum Step: Sendable {
        case work(WorkloadStep)
        case checkpoint, image, compact
        /// Power fails before so many more changes of the disk have been made.
        case failPower(mutations: Int)
    }

    private enum End: Sendable {
        case close, kill
        case crash(PowerFailure, keepsIndexWrite: Bool)
    }

    private let steps: [Step]
    private let end: End

    init(_ input: inout FuzzInput) {
        steps = (0..<input.byte() % 24).map { _ in Self.step(&input) }
        switch input.byte() % 8 {
        case 0: end = .close
        case 1: end = .kill
        case let choice:
            end = .crash(
                PowerFailure(survivingChanges: input.integer(UInt64.self)), keepsIndexWrite: choice % 2 == 0)
        }
    }

    private static func step(_ input: inout FuzzInput) -> Step {
        switch input.byte() % 16 {
        case 0...3:
            // No key twice, in the order of their bytes.
            let numbers = Set((0..<input.byte() % 3 + 1).map { _ in key(&input).number })
            let keys = numbers.map(WorkloadKey.init).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
            return .work(.put(keys.map { WorkloadStep.Entry(key: $0, row: row(&input)) }))
        case 4, 5: return .work(.delete(key(&input)))
        case 6, 7:
            let (source, target) = (key(&input), key(&input))
            guard source != target else { return .work(.read(source)) }
            return .work(.move(from: source, to: target, value: input.byte()))
        case 8:
            return .work(
                .putBlob(
                    key(&input), StoreModel.Payload(home: .blob, length: Int(input.byte()) * 40, seed: input.byte())))
        case 9: return .work(.abortBlob)
        case 10: return .work(.read(key(&input)))
        case 11, 12: return .checkpoint
        case 13: return .image
        case 14: return .compact
        default: return .failPower(mutations: Int(input.byte() % 32))
        }
    }

    /// Few, so that they are met again.
    private static func key(_ input: inout FuzzInput) -> WorkloadKey { WorkloadKey(number: Int(input.byte() % 12)) }

    private static func row(_ input: inout FuzzInput) -> StoreModel.Row {
        let choice = Int(input.byte())
        let value = [UInt8](repeating: input.byte(), count: choice % 8)
        let lengths: [Int?] = [nil, 0, 10, 512, 513, 3000]
        let payload = lengths[choice / 8 % lengths.count].map { length in
            StoreModel.Payload(home: .attachment, length: length, seed: UInt8(choice))
        }
        return StoreModel.Row(value: value, payload: payload)
    }

    // MARK: Living

    /// Throws what is found wrong.
    ///
    /// - Parameter number: of the life. Each opening has randomness of its own: with the salts of another life, what a
    ///   segment held before would pass for what it holds.
    func run(_ machine: SimulatedMachine, _ model: StoreModel, number: UInt64) async throws {
        let storage = try await machine.open(seed: 10 + 2 * number, noting: model)
        let failed = await work(storage, machine, model)
        switch end {
        case .close where !failed:
            try await storage.close()
            machine.reopenIndex()
        case .kill where !failed: machine.kill(seed: 1)
        case .close, .kill: machine.crash(PowerFailure(survivingChanges: .max), keepingInFlight: true)
        case .crash(let failure, let keepsIndexWrite): machine.crash(failure, keepingInFlight: keepsIndexWrite)
        }
        let recovered = try await machine.open(seed: 11 + 2 * number, noting: model)
        try await recovered.compare(with: model)
        try await recovered.checkpoint()
        try await recovered.compare(with: model)
        let findings = try await recovered.verify(readingBlobs: true).findings
        guard findings.isEmpty else { throw Discrepancy("verify finds \(findings.map(\.error.description))") }
        try await recovered.close()
        machine.reopenIndex()
    }

    /// Until power fails, or all is done; whether it has failed.
    private func work(_ storage: EmbeddedStorage, _ machine: SimulatedMachine, _ model: StoreModel) async -> Bool {
        var isPowerFailing = false
        for step in steps {
            do throws(StorageError) {
                switch step {
                case .work(let step): try await storage.perform(step, noting: model)
                case .checkpoint: try await storage.checkpoint()
                case .image: try await Self.takeImage(of: storage)
                case .compact: _ = try await storage.compact()
                case .failPower(let mutations):
                    guard !isPowerFailing else { continue }
                    isPowerFailing = true
                    machine.fileSystem.failPower(afterMutations: mutations)
                }
            } catch {
                guard isPowerFailing else { finding("a step fails on a sound disk: \(error)") }
                return true
            }
        }
        return isPowerFailing
    }

    private static func takeImage(of storage: EmbeddedStorage) async throws(StorageError) {
        do throws(StorageError) {
            try await storage.takeImage()
        } catch  where error.code == .cancelled {
            // A checkpoint is under way, or power has failed in one.
            return
        }
    }
}

extension EmbeddedStorageOptions {
    /// As small as a store can be, so that its segments roll and its tables fill.
    fileprivate static var tiny: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions.simulated
        options.ioThreadCount = 1
        options.memtableRowCount = 16
        options.checkpointRowsPerTransaction = 4
        options.journal.initialSegmentBytes = 64 << 10
        options.journal.maximumSegmentBytes = 128 << 10
        return options
    }
}
