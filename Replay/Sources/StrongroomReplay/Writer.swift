import ReplayDisk
import Strongroom

/// One of those who use the recorded store at once; each has keys of its own, so that it knows what is in them.
struct Writer {
    static let plainBucket = "plain"
    static let versionedBucket = "versioned"
    private static let keyCount = 10
    /// In a key that keeps versions, so many at most.
    private static let versionsMaximum = 4

    let store: Store
    let name: String
    var generator: SeededGenerator
    /// Its own part of the store.
    private(set) var content: StoreContent
    private var nextNumber: Int

    init(_ store: Store, named name: String, seed: UInt64, knowing content: StoreContent, numbersFrom number: Int) {
        self.store = store
        self.name = name
        self.content = content
        generator = SeededGenerator(seed: seed)
        nextNumber = number
    }

    /// A call at random.
    mutating func act() async throws {
        let place = randomPlace()
        let versions = content.versions[place] ?? []
        let isThere = versions.first?.body != nil
        switch generator.next(upperBound: 100 as UInt64) {
        case 0..<50: try await put(place)
        case 50..<60 where isThere: try await delete(place)
        case 60..<68 where place.bucket == Self.versionedBucket:
            guard let version = versions.randomElement(using: &generator) else { return try await put(place) }
            try await deleteVersion(place, version.id)
        case 68..<78 where isThere: try await setTags(place)
        case 78..<88: try await batch()
        case 88..<96: try await upload(place)
        default:
            guard isThere else { return try await put(place) }
            let bytes = try await store.bucket(bucketName(place)).get(key(place)).collect(upTo: 1 << 20)
            guard Body(of: bytes).digest == versions[0].body?.digest else {
                throw ReplayError("\(place) reads wrongly")
            }
        }
    }

    mutating func createBucket(_ name: String, isVersioned: Bool) async throws {
        try await perform([.createBucket(name, isVersioned: isVersioned)]) { store in
            let bucket = try await store.createBucket(
                try BucketName(name), versioning: isVersioned ? .enabled : .unversioned)
            return Operation.Outcome(lsn: try await bucket.info().lsn, names: [nil])
        }
    }

    // MARK: Calls

    private mutating func put(_ place: Operation.Place) async throws {
        if let versions = content.versions[place], versions.count >= Self.versionsMaximum {
            return try await deleteVersion(place, versions.last!.id)
        }
        let (bytes, tags) = (randomBytes(), generator.chance(1, in: 4) ? randomTags() : [:])
        let (bucket, key, options) = (bucketName(place), key(place), PutOptions(tags: try ObjectTags(tags)))
        try await perform([.put(place, Body(of: bytes, tags: tags))]) { store in
            let receipt = try await store.bucket(bucket).put(key, bytes, options: options)
            return Operation.Outcome(lsn: receipt.lsn, names: [receipt.versionID.description])
        }
    }

    private mutating func delete(_ place: Operation.Place) async throws {
        let (bucket, key) = (bucketName(place), key(place))
        try await perform([.delete(place)]) { store in
            let receipt = try await store.bucket(bucket).delete(key)
            return Operation.Outcome(lsn: receipt.lsn, names: [receipt.versionID?.description])
        }
    }

    private mutating func deleteVersion(_ place: Operation.Place, _ version: String) async throws {
        let (bucket, key) = (bucketName(place), key(place))
        try await perform([.deleteVersion(place, version: version)]) { store in
            let receipt = try await store.bucket(bucket).delete(key, version: try VersionID(version))
            return Operation.Outcome(lsn: receipt.lsn, names: [nil])
        }
    }

    private mutating func setTags(_ place: Operation.Place) async throws {
        let tags = randomTags()
        let (bucket, key) = (bucketName(place), key(place))
        try await perform([.setTags(place, tags)]) { store in
            let receipt = try await store.bucket(bucket).setTags(try ObjectTags(tags), of: key)
            return Operation.Outcome(lsn: receipt.lsn, names: [nil])
        }
    }

    private mutating func batch() async throws {
        var steps: [Operation.Step] = []
        var batch: [(place: Operation.Place, bytes: [UInt8]?)] = []
        for _ in 0..<Int.random(in: 2...4, using: &generator) {
            let place = randomPlace()
            let versions = content.versions[place] ?? []
            let isTaken = batch.contains { $0.place == place } || versions.count >= Self.versionsMaximum
            if isTaken { continue }
            if versions.first?.body != nil, generator.chance(1, in: 3) {
                steps.append(.delete(place))
                batch.append((place, nil))
            } else {
                let bytes = randomBytes()
                steps.append(.put(place, Body(of: bytes)))
                batch.append((place, bytes))
            }
        }
        if steps.isEmpty { return }
        let calls = batch.map { (bucketName($0.place), key($0.place), $0.bytes) }
        try await perform(steps) { store in
            let receipt = try await store.batch { batch in
                for (bucket, key, bytes) in calls {
                    if let bytes { batch.put(key, bytes, in: bucket) } else { batch.delete(key, in: bucket) }
                }
            }
            let names = receipt.results.map { result in
                switch result {
                case .put(let put): put.versionID.description as String?
                case .delete(let delete): delete.versionID?.description
                }
            }
            return Operation.Outcome(lsn: receipt.lsn, names: names)
        }
    }

    /// Issues, calls, acknowledges, and remembers.
    mutating func perform(
        _ steps: [Operation.Step], _ call: (Store) async throws -> Operation.Outcome
    ) async throws {
        let operation = Operation(number: nextNumber, steps: steps)
        nextNumber += 1
        try Mark.issued(operation).write()
        let outcome = try await call(store)
        try Mark.acknowledged(operation.number, outcome).write()
        if outcome.lsn != nil { content.apply(operation, outcome) }
    }

    // MARK: Choices

    private mutating func randomPlace() -> Operation.Place {
        let bucket = generator.chance(2, in: 3) ? Self.plainBucket : Self.versionedBucket
        return Operation.Place(
            bucket: bucket, key: "\(name)/\(Int.random(in: 0..<Self.keyCount, using: &generator))")
    }

    mutating func randomBytes(atLeast minimum: Int = 0) -> [UInt8] {
        // For each of the three homes: in the catalog's row, in the journal, in a file of its own.
        let count =
            switch generator.next(upperBound: 10 as UInt64) {
            case 0..<4: Int.random(in: minimum...400, using: &generator)
            case 4..<8: Int.random(in: 600...3_800, using: &generator)
            default: Int.random(in: 4_500...14_000, using: &generator)
            }
        return Body.bytes(count, seed: generator.next())
    }

    private mutating func randomTags() -> [String: String] {
        ["turn": "\(generator.next(upperBound: 1_000 as UInt64))", "of": name]
    }
}

extension Writer {
    /// The names are the workload's own, and allowed.
    func bucketName(_ place: Operation.Place) -> BucketName {
        place.bucket == Self.plainBucket ? "plain" : "versioned"
    }

    func key(_ place: Operation.Place) -> ObjectKey { ObjectKey(stringLiteral: place.key) }
}
