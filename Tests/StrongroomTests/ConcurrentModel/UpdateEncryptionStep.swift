@testable import Strongroom

/// Puts an object under another key in place: its row and what it says of the encryption change, and nothing else.
struct UpdateEncryptionStep: Step {
    var place: Place
    var version: VersionID?
    var kmsKey: String?
    var context: [String: String]
    var usesBucketKey: Bool
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(
            try await store.bucket(place.bucket, presenting: presented).updateEncryption(
                of: place.key, version: version, toKey: kmsKey, context: context, bucketKey: usesBucketKey))
    }

    func asksKeyService(in world: World) -> Bool { true }

    func refusals(in world: World) -> [StoreError.Code] {
        switch world.find(place, version) {
        case .refused(let code): return [code]
        case .object(let object):
            switch object.encryption {
            case .none, .kmsDualLayer, .customerKey: return [.invalidRequest]
            case .s3Managed, .kms: break
            }
            // No retention ends while a test runs.
            guard !object.info.legalHold, object.info.retention == nil else { return [.accessDenied] }
            guard presented == nil else { return [.invalidRequest] }
            return ModelKeys.keyID(kmsKey) == nil ? [.keyNotFound] : []
        }
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard let keyID = ModelKeys.keyID(kmsKey) else { return "there is no such key" }
        world.change(place, version) { object in
            object.encryption = .kms(keyID: keyID, context: context, usesBucketKey: usesBucketKey)
            object.info.encryption = object.info.encryption.updated(to: keyID, context, usesBucketKey: usesBucketKey)
        }
        return nil
    }
}
