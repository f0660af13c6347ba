import Foundation
import Strongroom
import StrongroomKMSKeys
import StrongroomKeys
import SystemPackage

/// A process that puts, rotates, wraps anew and seals anew, all at once and without end: a test kills it in the middle.
///
///     StrongroomRotationHarness STORE ROUND
///
/// Prints the key of each object once it is durable, in one write.
@main
struct RotationHarness {
    let store: Store
    let round: String

    static func main() async throws {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        // A new Bucket Key every few objects, so that there are many to wrap anew.
        options.keyService?.bucketKeyUseLimit = 20
        let store = try await Store.open(at: FilePath(CommandLine.arguments[1]), options: options)
        try await RotationHarness(store: store, round: CommandLine.arguments[2]).run()
    }

    /// Ends only where something fails, and then the test sees that it ended by itself.
    private func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var number = 0
                    while !Task.isCancelled {
                        try await write(writer, number)
                        number += 1
                    }
                }
            }
            group.addTask { while !Task.isCancelled { _ = try await store.rewrapKeys() } }
            group.addTask { try await resealForEver() }
            group.addTask {
                while !Task.isCancelled {
                    try await rotate()
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Everything under new data keys, and then under another default.
    private func resealForEver() async throws {
        let bucket = store.bucket("bucket")
        var number = 0
        while !Task.isCancelled {
            _ = try await bucket.reseal(ResealOptions(renewsDataKeys: true))
            number += 1
            try await bucket.setDefaultEncryption(
                number.isMultiple(of: 2) ? .s3Managed : .kms(key: "alias/turning", bucketKey: true))
            _ = try await bucket.reseal(ResealOptions(allowsLesserModes: true))
        }
    }

    private func write(_ writer: Int, _ number: Int) async throws {
        let bucket = store.bucket("bucket")
        let key: ObjectKey = "\(round)/\(writer)/\(number)"
        let encryption: EncryptionRequest =
            switch (writer + number) % 4 {
            case 0: .s3Managed
            #if DualLayer
            case 1: .kmsDualLayer(key: "alias/turning")
            #endif
            case 2: .kms(key: "alias/turning", context: ["writer": "\(writer)"])
            default: .kms(key: "alias/turning", bucketKey: true)
            }
        // What is to be there says so itself.
        let body = Array(key.rawValue.utf8)
        let options = PutOptions(encryption: encryption)
        if number.isMultiple(of: 5) {
            let upload = try await bucket.createUpload(key, options: options).id
            let part = try await bucket.uploadPart(1, of: key, upload, body)
            try await bucket.completeUpload(key, upload, parts: [CompletedPart(part)])
        } else {
            try await bucket.put(key, body, options: options)
        }
        _ = try FileDescriptor.standardOutput.writeAll(Array("\(key.rawValue)\n".utf8))
        _ = try await bucket.get(key).collect(upTo: 1_000)
    }

    /// A key has 25 rotations; then another one gets its name.
    private func rotate() async throws {
        do {
            try await control(#"{"operation":"rotate-key","keyId":"alias/turning"}"#)
        } catch let error as StoreError where error.code == .invalidRequest {
            let created = try await control(#"{"operation":"create-key"}"#)
            guard let key = try JSONSerialization.jsonObject(with: Data(created)) as? [String: Any],
                let id = key["keyId"] as? String
            else { throw error }
            try await control(#"{"operation":"update-alias","aliasName":"alias/turning","targetKeyId":"\#(id)"}"#)
        }
        try await store.rotateManagedKey()
    }

    @discardableResult
    private func control(_ json: String) async throws -> [UInt8] {
        try await store.controlKeyService(Array(json.utf8))
    }
}
