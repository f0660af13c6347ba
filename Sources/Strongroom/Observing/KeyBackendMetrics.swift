internal import CoreMetrics
internal import Logging
internal import StrongroomKeys

/// The figures of one key backend, and what its protection has to say to an administrator.
///
/// The names are part of the interface (see the article "Observing a store").
final class KeyBackendMetrics: KeyBackendObserver {
    private let name: String
    private let logger: Logger
    private let inFlight: Meter
    private let retries: Counter
    private let refusals: Counter
    private let circuit: Gauge

    init(_ name: String, _ factory: any MetricsFactory, dimensions: [(String, String)], logger: Logger) {
        self.name = name
        self.logger = logger
        let own = dimensions + [("backend", name)]
        inFlight = Meter(label: "strongroom_key_calls_in_flight", dimensions: own, factory: factory)
        retries = Counter(label: "strongroom_key_retries_total", dimensions: own, factory: factory)
        refusals = Counter(label: "strongroom_key_refusals_total", dimensions: own, factory: factory)
        circuit = Gauge(label: "strongroom_key_circuit_open", dimensions: own, factory: factory)
        circuit.record(0)
    }

    func callBegan() { inFlight.increment() }
    func callEnded() { inFlight.decrement() }
    func refused() { refusals.increment() }

    func willRepeat(after error: KeyBackendError) {
        retries.increment()
        logger.debug("Key backend asked again", metadata: ["backend": "\(name)", "error": "\(error)"])
    }

    func circuitChanged(isOpen: Bool) {
        circuit.record(isOpen ? 1 : 0)
        if isOpen {
            logger.warning("Key backend not asked for a while: it does not answer", metadata: ["backend": "\(name)"])
        } else {
            logger.notice("Key backend answers again", metadata: ["backend": "\(name)"])
        }
    }
}
