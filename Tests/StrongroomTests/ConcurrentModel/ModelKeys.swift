import StrongroomSystem
import Synchronization

@testable import Strongroom

/// The keys beside the store's own: few, so that what is under one of them meets requests that bring another.
enum ModelKeys {
    static let customers: [CustomerKey] = (0..<2).map { _ in
        do throws(StoreError) {
            return try CustomerKey.random()
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// How steps name the keys of the service.
    static let names: [String?] = [nil, "app", "alias/app", TestKeyService.arn("default")]
    /// A name that none of its keys has.
    static let unknown = "nowhere"
    static let serviceKeys = ["default", "app"]

    static func service(_ name: String) throws -> TestKeyService {
        let service = try TestKeyService(name, keys: serviceKeys)
        service.state.withLock { $0.aliases["alias/app"] = TestKeyService.arn("app") }
        return service
    }

    static func options(_ service: TestKeyService) -> KeyServiceOptions {
        KeyServiceOptions(.linked(TestKeyService.table), settings: ["name": service.name], deadlineSeconds: 120)
    }

    /// Which key that is; nil where there is none.
    static func keyID(_ name: String?) -> String? {
        switch name {
        case nil, TestKeyService.arn("default"): TestKeyService.arn("default")
        case "app", "alias/app": TestKeyService.arn("app")
        default: nil
        }
    }
}
