#if Tracing
internal import Tracing
#endif

extension Engine {
    /// Runs one call of a user's: counted and timed, and in a span of its own where the trait `Tracing` is on.
    ///
    /// - Parameter bucket: an attribute of the span. Keys of objects are none: they may be as private as what they
    ///   name.
    func observing<Value: Sendable>(
        _ call: StoreMetrics.Call, _ bucket: BucketName?,
        _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        #if Tracing
        return try await tracing(call, bucket) { () async throws(StoreError) -> Value in
            try await measuring(call, body)
        }
        #else
        return try await measuring(call, body)
        #endif
    }

    private func measuring<Value: Sendable>(
        _ call: StoreMetrics.Call, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let start = ContinuousClock.now
        do throws(StoreError) {
            let value = try await body()
            metrics.note(call, nanoseconds: Int64(clamping: start.duration(to: .now).attoseconds / 1_000_000_000))
            return value
        } catch {
            metrics.noteFailure(call, error.code)
            throw error
        }
    }

    #if Tracing
    private func tracing<Value: Sendable>(
        _ call: StoreMetrics.Call, _ bucket: BucketName?, _ body: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withSpan("strongroom \(call.rawValue)") { span in
            if let bucket { span.attributes["strongroom.bucket"] = bucket.rawValue }
            do throws(StoreError) {
                return .success(try await body())
            } catch {
                span.attributes["error.type"] = error.code.rawValue
                span.setStatus(SpanStatus(code: .error))
                return .failure(error)
            }
        }
        return try result.get()
    }
    #endif
}
