package import CoreMetrics
internal import Synchronization

/// Figures as Prometheus reads them (text format 0.0.4): a factory of swift-metrics that keeps every figure in memory.
///
/// Counters and gauges have the name that they were made with. Timers are histograms in seconds, and have `_seconds`
/// behind their name; recorders that aggregate are histograms, others gauges. Whoever makes a figure anew gets the old
/// one, and none is ever taken out: a counter that vanished would look like a restart.
package final class PrometheusMetrics: MetricsFactory {
    private let families = Mutex<[String: PrometheusFamily]>([:])

    package init() {}

    /// What is answered with, and the content type below.
    package func text() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) { family.write(name, to: &text) }
        return text
    }

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The figure of that name and those labels. One of another kind under the same name stays out of the text: its
    /// numbers would be taken for something that they are not.
    private func figure<Figure: PrometheusFigure>(
        _ label: String, _ dimensions: [(String, String)], _ make: () -> Figure
    ) -> Figure {
        let name = PrometheusText.name(label)
        let labels = PrometheusText.labels(dimensions)
        return families.withLock { families in
            if let known = families[name]?.figures[labels] as? Figure { return known }
            let figure = make()
            var family = families[name] ?? PrometheusFamily(kind: Figure.kind)
            guard family.kind == Figure.kind, family.figures[labels] == nil else { return figure }
            family.figures[labels] = figure
            families[name] = family
            return figure
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        figure(label, dimensions) { PrometheusCounter() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        figure(label, dimensions) { PrometheusGauge() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return figure(label, dimensions) { PrometheusGauge() } }
        return figure(label, dimensions) { PrometheusHistogram(.counts) }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        figure(label + "_seconds", dimensions) { PrometheusHistogram(.times) }
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// A number, or several, under one name and one set of labels.
protocol PrometheusFigure: AnyObject, Sendable {
    static var kind: String { get }

    /// Adds its lines.
    func write(_ name: String, _ labels: String, to text: inout String)
}

/// What has one name.
struct PrometheusFamily: Sendable {
    /// As the text says it.
    let kind: String
    /// By their labels, as the text says those.
    var figures: [String: any PrometheusFigure] = [:]

    func write(_ name: String, to text: inout String) {
        text += "# TYPE \(name) \(kind)\n"
        for (labels, figure) in figures.sorted(by: { $0.key < $1.key }) { figure.write(name, labels, to: &text) }
    }
}
