#if HTTPServer
internal import Strongroom
internal import StrongroomS3Protocol
internal import StrongroomSystem

extension S3Service {
    /// A service that goes by the system's clock.
    init(_ store: Store, _ options: S3ServiceOptions) {
        let rates = RequestRates(
            accessKey: options.limits.accessKeyRate.map { RequestRate(perSecond: $0.perSecond, burst: $0.burst) },
            address: options.limits.addressRate.map { RequestRate(perSecond: $0.perSecond, burst: $0.burst) })
        let settings = S3Settings(
            region: options.region, domains: options.domains, account: options.account, rates: rates)
        let clock = PosixClock()
        self.init(store, settings, logger: options.logger, metrics: ServiceMetrics(options.metricsFactory)) {
            clock.wallMilliseconds()
        }
    }
}
#endif
