import Testing

@testable import Strongroom

@Suite("Listing")
struct ListTests {
    /// What S3 says a listing is, on a sorted array.
    struct Model {
        var keys: [String]

        func list(_ prefix: String, _ delimiter: String?, _ startAfter: String?) -> (
            objects: [String], prefixes: [String]
        ) {
            var objects: [String] = []
            var prefixes: [String] = []
            for key in keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
                let bytes = Array(key.utf8)
                guard bytes.starts(with: Array(prefix.utf8)) else { continue }
                if let startAfter, !startAfter.utf8.lexicographicallyPrecedes(key.utf8) { continue }
                if let delimiter, let common = Self.common(bytes, Array(prefix.utf8).count, Array(delimiter.utf8)) {
                    let text = String(decoding: common, as: UTF8.self)
                    if prefixes.last != text { prefixes.append(text) }
                } else {
                    objects.append(key)
                }
            }
            return (objects, prefixes)
        }

        private static func common(_ key: [UInt8], _ skip: Int, _ delimiter: [UInt8]) -> ArraySlice<UInt8>? {
            var index = skip
            while index + delimiter.count <= key.count {
                if Array(key[index..<index + delimiter.count]) == delimiter { return key[..<(index + delimiter.count)] }
                index += 1
            }
            return nil
        }
    }

    static func randomKey(_ generator: inout SeededGenerator) -> String {
        let alphabet = ["a", "b", "/", "//", "\u{0}", "é", "z", "\u{10FFFF}", "-"]
        let count = Int.random(in: 1...12, using: &generator)
        return (0..<count).map { _ in alphabet.randomElement(using: &generator)! }.joined()
    }

    @Test("Pages, prefixes, delimiters and starts agree with a plain model", arguments: 0..<6)
    func model(seed: UInt64) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            var generator = SeededGenerator(seed: seed)
            var keys: Set<ObjectKey> = []
            for _ in 0..<120 { keys.insert(try ObjectKey(Self.randomKey(&generator))) }
            keys.insert(try ObjectKey(String(repeating: "long/", count: 204)))
            for key in keys { try await bucket.put(key, []) }
            let model = Model(keys: keys.map(\.rawValue))
            for _ in 0..<30 {
                let prefix = Bool.random(using: &generator) ? "" : String(Self.randomKey(&generator).prefix(1))
                let delimiter: String? = [nil, "/", "//", "é"].randomElement(using: &generator)!
                let startAfter: String? = Bool.random(using: &generator) ? nil : Self.randomKey(&generator)
                var options = ListOptions(
                    prefix: prefix, delimiter: delimiter, startAfter: startAfter,
                    limit: .random(in: 1...50, using: &generator))
                var objects: [String] = []
                var prefixes: [String] = []
                repeat {
                    let page = try await bucket.list(options)
                    #expect(page.objects.count + page.commonPrefixes.count <= options.limit)
                    #expect(page.damaged.isEmpty)
                    objects += page.objects.map(\.key.rawValue)
                    prefixes += page.commonPrefixes
                    options.continuation = page.continuation
                } while options.continuation != nil
                let expected = model.list(prefix, delimiter, startAfter)
                #expect(objects.map { Array($0.utf8) } == expected.objects.map { Array($0.utf8) }, "\(options)")
                #expect(prefixes.map { Array($0.utf8) } == expected.prefixes.map { Array($0.utf8) }, "\(options)")
            }
        }
    }

    @Test("A continuation stays valid while others write")
    func continuationUnderWrites() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            for index in 0..<20 { try await bucket.put(ObjectKey("k\(index + 10)"), []) }
            let first = try await bucket.list(ListOptions(limit: 5))
            try await bucket.delete("k15")
            try await bucket.delete("k16")
            try await bucket.put("k155", [])
            let second = try await bucket.list(ListOptions(limit: 5, continuation: first.continuation))
            #expect(first.objects.map(\.key.rawValue) == ["k10", "k11", "k12", "k13", "k14"])
            #expect(second.objects.map(\.key.rawValue) == ["k155", "k17", "k18", "k19", "k20"])
        }
    }

    @Test("Limits and delimiters that make no sense are refused", arguments: [0, -1, 1_001])
    func badLimit(limit: Int) async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            await #expect { try await bucket.list(ListOptions(limit: limit)) } throws: {
                ($0 as? StoreError)?.code == .invalidArgument
            }
            await #expect { try await bucket.list(ListOptions(delimiter: "")) } throws: {
                ($0 as? StoreError)?.code == .invalidArgument
            }
        }
    }
}
