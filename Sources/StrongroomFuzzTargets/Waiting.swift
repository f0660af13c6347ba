internal import StrongroomSystem

/// Runs asynchronous work to its end while the calling thread waits, which must not be one of Swift's pool.
func waiting<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Value {
    let result = Monitor<Value?>(nil)
    Task {
        let value = await work()
        result.withLock { $0 = value }
        result.broadcast()
    }
    return result.wait(until: { $0 != nil }) { value in
        guard let value else { finding("there is a value, and there is none") }
        return value
    }
}
