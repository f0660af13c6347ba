package import CoreMetrics
internal import Synchronization

/// The figures of a service that answers S3 requests. Handles are made when they are first needed: an operation that
/// nobody asks for has none.
///
/// The names are part of the interface (see the article "Observing a store").
package final class ServiceMetrics: Sendable {
    private struct Outcome: Hashable, Sendable {
        var operation: String
        var status: String
    }

    private struct Handles: Sendable {
        var requests: [Outcome: Counter] = [:]
        var durations: [String: Timer] = [:]
        var connections: [String: Meter] = [:]
    }

    private let factory: any MetricsFactory
    private let handles = Mutex(Handles())
    private let receivedBytes: Counter
    private let sentBytes: Counter
    private let throttled: Counter

    /// - Parameter factory: nil for the process's.
    package init(_ factory: (any MetricsFactory)? = nil) {
        let factory = factory ?? MetricsSystem.factory
        self.factory = factory
        receivedBytes = Counter(label: "strongroom_s3_received_bytes_total", factory: factory)
        sentBytes = Counter(label: "strongroom_s3_sent_bytes_total", factory: factory)
        throttled = Counter(label: "strongroom_s3_throttled_total", factory: factory)
    }

    /// An answer, once its head is known.
    ///
    /// - Parameters:
    ///   - operation: nil for requests of which nobody found out what they ask for. Never a text of the client's: it
    ///     could make as many figures as it likes.
    func note(_ operation: String?, status: Int, _ time: Duration) {
        let name = operation ?? "none"
        let outcome = Outcome(operation: name, status: "\(status / 100)xx")
        let (count, duration) = handles.withLock { handles in
            let count = handles.requests[outcome] ?? counter(outcome)
            let duration = handles.durations[name] ?? timer(name)
            (handles.requests[outcome], handles.durations[name]) = (count, duration)
            return (count, duration)
        }
        count.increment()
        duration.recordNanoseconds(
            time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000)
    }

    /// A request beyond its rate.
    func noteThrottled() { throttled.increment() }

    package func noteReceived(_ bytes: Int) { receivedBytes.increment(by: Int64(bytes)) }
    package func noteSent(_ bytes: Int) { sentBytes.increment(by: Int64(bytes)) }

    /// Connections that are open.
    ///
    /// - Parameter scheme: `http` or `https`.
    package func connections(_ scheme: String) -> Meter {
        handles.withLock { handles in
            let meter =
                handles.connections[scheme]
                ?? Meter(label: "strongroom_s3_connections", dimensions: [("scheme", scheme)], factory: factory)
            handles.connections[scheme] = meter
            return meter
        }
    }

    private func counter(_ outcome: Outcome) -> Counter {
        Counter(
            label: "strongroom_s3_requests_total",
            dimensions: [("operation", outcome.operation), ("status", outcome.status)], factory: factory)
    }

    private func timer(_ operation: String) -> Timer {
        Timer(label: "strongroom_s3_request_duration", dimensions: [("operation", operation)], factory: factory)
    }
}
