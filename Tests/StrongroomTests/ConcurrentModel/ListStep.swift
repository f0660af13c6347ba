@testable import Strongroom

/// One page of a listing, which must be that of the very commit it names.
struct ListStep: Step {
    var bucket: BucketName
    var options: ListOptions
    /// By the bucket's handle; of no account, for a listing needs no key and tells nothing more with one.
    var presented: CustomerKey?

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .list(try await store.bucket(bucket, presenting: presented).list(options))
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .list(let page) = answer else { return "a page was expected" }
        guard page.damaged.isEmpty else { return "rows are damaged" }
        let rollup = Rollup(prefix: options.prefix, delimiter: options.delimiter)
        let keys = (world.buckets[bucket]?.stacks ?? [:]).filter { $0.value.last?.object != nil }.keys.sorted()
        var objects: [WorldObject] = []
        var prefixes: [[UInt8]] = []
        var isWhole = true
        for key in keys {
            let bytes = Array(key.rawValue.utf8)
            guard bytes.starts(with: rollup.prefix), isAfterStart(bytes) else { continue }
            let common = rollup.common(bytes)
            if let common, prefixes.last == common { continue }
            guard objects.count + prefixes.count < options.limit else {
                isWhole = false
                break
            }
            if let common {
                prefixes.append(common)
            } else if let object = world.current(Place(bucket: bucket, key: key)) {
                objects.append(object)
            }
        }
        guard page.commonPrefixes.map({ Array($0.utf8) }) == prefixes else { return "expected prefixes \(prefixes)" }
        guard page.objects.map(\.key) == objects.map(\.info.key) else {
            return "expected \(objects.map(\.info.key)), found \(page.objects.map(\.key))"
        }
        for (object, found) in zip(objects, page.objects) {
            if let objection = object.objection(to: found, isOpened: false) { return objection }
        }
        return (page.continuation == nil) == isWhole ? nil : "the page is\(isWhole ? "" : " not") the last"
    }

    private func isAfterStart(_ key: [UInt8]) -> Bool {
        if let continuation = options.continuation {
            return !key.lexicographicallyPrecedes(continuation.lowerBound)
        }
        return options.startAfter.map { Array($0.utf8).lexicographicallyPrecedes(key) } ?? true
    }
}

/// What keys are listed as, where some stand for many.
struct Rollup {
    let prefix: [UInt8]
    private let delimiter: [UInt8]?

    init(prefix: String, delimiter: String?) {
        self.prefix = Array(prefix.utf8)
        self.delimiter = delimiter.map { Array($0.utf8) }
    }

    func common(_ key: [UInt8]) -> [UInt8]? {
        guard let delimiter else { return nil }
        for end in key.indices.map({ $0 + 1 }) where end >= prefix.count + delimiter.count {
            if key[..<end].suffix(delimiter.count).elementsEqual(delimiter) { return Array(key[..<end]) }
        }
        return nil
    }
}
