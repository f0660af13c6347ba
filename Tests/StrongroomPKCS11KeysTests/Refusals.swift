import StrongroomKeys
import Testing

/// The error with which `body` is refused.
func refusal(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> KeyBackendError? {
    do {
        try await body()
    } catch let error as KeyBackendError {
        return error
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
        return nil
    }
    Issue.record("nothing was refused", sourceLocation: sourceLocation)
    return nil
}
