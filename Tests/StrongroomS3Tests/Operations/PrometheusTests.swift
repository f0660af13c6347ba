import CoreMetrics
import Testing

@testable import StrongroomS3

/// The text that Prometheus reads.
@Suite("Prometheus") struct PrometheusTests {
    @Test("figures are told by their names and labels, in an order that does not change")
    func text() {
        let metrics = PrometheusMetrics()
        Counter(label: "b_total", dimensions: [("z", "1"), ("a", "2")], factory: metrics).increment(by: 3)
        Counter(label: "b_total", dimensions: [("a", "1")], factory: metrics).increment()
        Gauge(label: "a_bytes", factory: metrics).record(1.5)
        let meter = Meter(label: "c", factory: metrics)
        meter.increment()
        meter.increment()
        meter.decrement()
        #expect(
            metrics.text() == """
                # TYPE a_bytes gauge
                a_bytes 1.5
                # TYPE b_total counter
                b_total{a="1"} 1
                b_total{a="2",z="1"} 3
                # TYPE c gauge
                c 1

                """)
    }

    @Test("timers are histograms in seconds, each bound with what is below it")
    func timers() {
        let metrics = PrometheusMetrics()
        let timer = Timer(label: "t", dimensions: [("call", "put")], factory: metrics)
        timer.recordNanoseconds(100_000)
        timer.recordNanoseconds(3_000_000)
        timer.recordNanoseconds(20_000_000_000)
        let lines = metrics.text().split(separator: "\n").map(String.init)
        #expect(lines.first == "# TYPE t_seconds histogram")
        for line in [
            #"t_seconds_bucket{call="put",le="0.0001"} 1"#, #"t_seconds_bucket{call="put",le="0.0025"} 1"#,
            #"t_seconds_bucket{call="put",le="0.005"} 2"#, #"t_seconds_bucket{call="put",le="10"} 2"#,
            #"t_seconds_bucket{call="put",le="+Inf"} 3"#, #"t_seconds_sum{call="put"} 20.0031"#,
            #"t_seconds_count{call="put"} 3"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        let counts = lines.filter { $0.contains("_bucket") }.compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(counts.count == 17 && counts == counts.sorted())
    }

    @Test("recorders that aggregate are histograms without a unit")
    func recorders() {
        let metrics = PrometheusMetrics()
        let recorder = Recorder(label: "group_commits", aggregate: true, factory: metrics)
        recorder.record(3)
        let text = metrics.text()
        #expect(text.contains(#"group_commits_bucket{le="2"} 0"#) && text.contains(#"group_commits_bucket{le="4"} 1"#))
    }

    @Test("names and values that the format does not allow cannot break it")
    func spelling() {
        let metrics = PrometheusMetrics()
        Counter(label: "1 a.b-c", dimensions: [("d-e", "quote\" back\\slash\nline é")], factory: metrics).increment()
        #expect(metrics.text() == "# TYPE _1_a_b_c counter\n_1_a_b_c{d_e=\"quote\\\" back\\\\slash\\nline é\"} 1\n")
        #expect(PrometheusText.number(.nan) == "NaN" && PrometheusText.number(-.infinity) == "-Inf")
        #expect(PrometheusText.number(1e300) == "1e+300" && PrometheusText.number(-2) == "-2")
    }

    @Test("a figure made anew goes on, and one of another kind under a name that is taken stays out")
    func again() {
        let metrics = PrometheusMetrics()
        Counter(label: "a", factory: metrics).increment()
        let second = Counter(label: "a", factory: metrics)
        second.increment()
        second.destroy()
        Gauge(label: "a", dimensions: [("b", "c")], factory: metrics).record(9)
        #expect(metrics.text() == "# TYPE a counter\na 2\n")
    }

    @Test("many at once lose nothing")
    func concurrency() async {
        let metrics = PrometheusMetrics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        Counter(label: "n", factory: metrics).increment()
                        Timer(label: "t", factory: metrics).recordNanoseconds(1)
                    }
                }
            }
        }
        #expect(metrics.text().contains("\nn 8000\n") || metrics.text().hasPrefix("# TYPE n counter\nn 8000\n"))
        #expect(metrics.text().contains("t_seconds_count 8000\n"))
    }
}
