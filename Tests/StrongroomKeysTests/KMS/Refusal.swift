import StrongroomKMS
import StrongroomKeys

/// How the service refuses what `body` asks; nil where it does not. Any other failure is the test's.
func code(_ body: () async throws -> Void) async throws -> KeyServiceError.Code? {
    do {
        try await body()
        return nil
    } catch let error as KeyServiceError {
        return error.code
    }
}

/// How a key backend refuses what `body` asks, or how the service does where it is asked as one; nil where neither
/// does. Any other failure is the test's.
func backendCode(_ body: () async throws -> Void) async throws -> KeyBackendError.Code? {
    do {
        try await body()
        return nil
    } catch let error as KeyBackendError {
        return error.code
    } catch let error as KeyServiceError {
        return KeyBackendError(error).code
    }
}
