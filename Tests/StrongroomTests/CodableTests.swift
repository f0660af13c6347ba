import Foundation
import Testing

@testable import Strongroom

@Suite("Values as JSON")
struct CodableTests {
    struct Settings: Codable, Equatable {
        var name = "photos"
        var limit = 7
        var since = Date(timeIntervalSince1970: 1_700_000_000)
    }

    struct Unwritable: Encodable {
        func encode(to encoder: any Encoder) throws {
            throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "never"))
        }
    }

    private func code(_ body: () async throws(StoreError) -> Void) async -> StoreError.Code? {
        do throws(StoreError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test("What was put comes back, as JSON that says that it is JSON")
    func roundTrip() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            let first = try await bucket.put("settings", encoding: Settings())
            try await bucket.put("settings", encoding: Settings(limit: 8))
            #expect(try await bucket.get("settings", decoding: Settings.self) == Settings(limit: 8))
            #expect(
                try await bucket.get("settings", decoding: Settings.self, version: first.versionID) == Settings())
            #expect(try await bucket.head("settings").contentType == "application/json")

            let body = try await bucket.get("settings")
            #expect(try await body.decoded(as: Settings.self).limit == 8)
            let json = try JSONSerialization.jsonObject(with: Data(try await body.collect(upTo: 1_000)))
            #expect((json as? [String: Any])?["limit"] as? Int == 8)
        }
    }

    @Test("Options, conditions and coders are the caller's")
    func choices() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
            encoder.dateEncodingStrategy = .secondsSince1970
            decoder.dateDecodingStrategy = .secondsSince1970
            let options = PutOptions(contentType: "application/vnd.app+json", condition: .absent)
            let receipt = try await bucket.put("settings", encoding: Settings(), with: encoder, options: options)
            #expect(try await bucket.head("settings").contentType == "application/vnd.app+json")
            #expect(try await bucket.get("settings", decoding: Settings.self, with: decoder) == Settings())
            let text = String(decoding: try await bucket.get("settings").collect(upTo: 1_000), as: UTF8.self)
            #expect(text.contains("1700000000"))
            #expect(
                await code { () throws(StoreError) in
                    try await bucket.put("settings", encoding: Settings(), options: options)
                } == .preconditionFailed)
            #expect(
                await code { () throws(StoreError) in
                    _ = try await bucket.get(
                        "settings", decoding: Settings.self, if: ReadConditions(differs: [receipt.etag]))
                } == .notModified)
        }
    }

    @Test("More than the limit is not read; what is no such JSON is told, and the message quotes nothing of it")
    func failures() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            let text = "\"" + String(repeating: "secret", count: 10) + "\""
            try await bucket.put("text", Array(text.utf8))
            #expect(try await bucket.get("text", decoding: String.self, upTo: 62).count == 60)
            #expect(
                await code { () throws(StoreError) in
                    _ = try await bucket.get("text", decoding: String.self, upTo: 61)
                } == .limitExceeded)
            try await bucket.put("large", [UInt8](repeating: 0x20, count: (1 << 20) + 1))
            #expect(
                await code { () throws(StoreError) in
                    _ = try await bucket.get("large", decoding: String.self)
                } == .limitExceeded)
            for damaged in [String(text.dropLast()), String(text.dropFirst()), ""] {
                try await bucket.put("broken", Array(damaged.utf8))
                do throws(StoreError) {
                    _ = try await bucket.get("broken", decoding: Settings.self)
                    Issue.record("\(damaged) was read")
                } catch {
                    #expect(error.code == .decodingFailed)
                    #expect(error.key == "broken")
                    #expect(error.underlyingError is DecodingError)
                    #expect(!error.description.contains("secret"))
                }
            }
        }
    }

    @Test("What cannot be written as JSON leaves the object as it was")
    func unwritable() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("bucket")
            try await bucket.put("key", encoding: 1)
            #expect(
                await code { () throws(StoreError) in try await bucket.put("key", encoding: Unwritable()) }
                    == .encodingFailed)
            #expect(
                await code { () throws(StoreError) in try await bucket.put("key", encoding: Double.nan) }
                    == .encodingFailed)
            #expect(try await bucket.get("key", decoding: Int.self) == 1)
        }
    }
}

@Suite("Names as JSON")
struct NameCodingTests {
    struct Names: Codable, Equatable {
        var key: ObjectKey = "a/é\u{0}"
        var bucket: BucketName = "photos"
        var version = VersionID(bytes: [UInt8](repeating: 0xAB, count: 16))
        var null = VersionID.null
        var storageClass = StorageClass.glacierInstantRetrieval
    }

    @Test("They are plain strings, and come back the same")
    func roundTrip() throws {
        let json = try JSONEncoder().encode(Names())
        #expect(try JSONDecoder().decode(Names.self, from: json) == Names())
        let fields = try JSONDecoder().decode([String: String].self, from: json)
        #expect(
            fields == [
                "key": "a/é\u{0}", "bucket": "photos", "version": String(repeating: "ab", count: 16), "null": "null",
                "storageClass": "GLACIER_IR",
            ])
    }

    @Test("One that breaks the rules is not read", arguments: ["", "NO", "GLACIER"])
    func refused(text: String) throws {
        let json = try JSONEncoder().encode([text])
        func expectRefusal<Value: Decodable>(_ type: Value.Type) {
            do {
                _ = try JSONDecoder().decode([Value].self, from: json)
                Issue.record("\(text.debugDescription) was read as a \(type)")
            } catch DecodingError.dataCorrupted(let context) {
                #expect(context.underlyingError is StoreError)
                #expect(context.codingPath.map(\.intValue) == [0])
            } catch {
                Issue.record(error)
            }
        }
        expectRefusal(BucketName.self)
        expectRefusal(VersionID.self)
        expectRefusal(StorageClass.self)
        if text.isEmpty { expectRefusal(ObjectKey.self) }
    }

    @Test("A key that is too long is not read")
    func longKey() throws {
        let json = try JSONEncoder().encode([String(repeating: "é", count: 513)])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([ObjectKey].self, from: json) }
    }
}
