import StrongroomKMS

/// How the service refuses what `body` asks; nil where it does not. Any other failure is the test's.
func code(_ body: () async throws -> Void) async throws -> KeyServiceError.Code? {
    do {
        try await body()
        return nil
    } catch let error as KeyServiceError {
        return error.code
    }
}
