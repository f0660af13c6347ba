internal import CoreMetrics
internal import Synchronization

/// Only goes up.
final class PrometheusCounter: CounterHandler, PrometheusFigure {
    static let kind = "counter"

    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }

    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: String, to text: inout String) {
        text += PrometheusText.line(name, labels, String(value.load(ordering: .relaxed)))
    }
}

/// What something is now.
final class PrometheusGauge: MeterHandler, RecorderHandler, PrometheusFigure {
    static let kind = "gauge"

    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func write(_ name: String, _ labels: String, to text: inout String) {
        text += PrometheusText.line(name, labels, PrometheusText.number(value.withLock { $0 }))
    }
}

/// How many values were how large at most.
final class PrometheusHistogram: TimerHandler, RecorderHandler, PrometheusFigure {
    static let kind = "histogram"

    /// Upper bounds, rising; what is above the last counts into the sum and the count.
    struct Bounds: Sendable {
        let values: [Double]

        /// In seconds: from what a cache answers in to what a client gives up at.
        static let times = Bounds(values: [
            0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ])
        static let counts = Bounds(values: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024])
    }

    private struct State: Sendable {
        /// One for each bound, not yet added up.
        var counts: [UInt64]
        var count: UInt64 = 0
        var sum = 0.0
    }

    private let bounds: Bounds
    private let state: Mutex<State>

    init(_ bounds: Bounds) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.values.count)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let index = bounds.values.firstIndex { value <= $0 }
        state.withLock { state in
            if let index { state.counts[index] += 1 }
            state.count += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        var total: UInt64 = 0
        let start = labels.isEmpty ? "" : labels + ","
        for (bound, count) in zip(bounds.values, state.counts) {
            total += count
            text += PrometheusText.line(
                name + "_bucket", "\(start)le=\"\(PrometheusText.number(bound))\"", String(total))
        }
        text += PrometheusText.line(name + "_bucket", "\(start)le=\"+Inf\"", String(state.count))
        text += PrometheusText.line(name + "_sum", labels, PrometheusText.number(state.sum))
        text += PrometheusText.line(name + "_count", labels, String(state.count))
    }
}
