internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    func verify(
        readingData: Bool, progress: ((VerificationReport) -> Void)?
    ) async throws(StoreError) -> VerificationReport {
        var report = VerificationReport()
        report.wasLocked = keys == nil
        try await verifyStorage(&report, readingData: readingData)
        for damage in buckets.damaged { report.note(damage.place, damage.reason) }
        guard keys != nil else { return report }
        for (name, _) in buckets.all {
            try await verify(name, readingData: readingData, &report, progress)
        }
        return report
    }

    private func verify(
        _ name: BucketName, readingData: Bool, _ report: inout VerificationReport,
        _ progress: ((VerificationReport) -> Void)?
    ) async throws(StoreError) {
        var options = ListOptions()
        repeat {
            let page: ListPage
            do throws(StoreError) {
                page = try await list(options, in: name)
            } catch  where error.code == .noSuchBucket {
                return
            }
            report.objectCount += UInt64(page.objects.count + page.damaged.count)
            for damaged in page.damaged {
                report.note("\(name)/\(damaged.key)".debugDescription, damaged.reason)
            }
            if readingData {
                for object in page.objects {
                    try await verifyData(of: object.key, in: name, &report)
                    progress?(report)
                }
            }
            progress?(report)
            options.continuation = page.continuation
        } while options.continuation != nil
    }

    private func verifyData(
        of key: ObjectKey, in name: BucketName, _ report: inout VerificationReport
    ) async throws(StoreError) {
        do throws(StoreError) {
            for try await slice in try await get(key, in: name, range: nil, as: nil) {
                report.verifiedBytes += UInt64(slice.count)
            }
        } catch {
            switch error.code {
            case .noSuchKey:
                // Deleted since the page was listed.
                return
            case .cancelled, .closed, .secretMemoryUnavailable, .descriptorLimit:
                throw error
            default:
                report.note("\(name)/\(key)".debugDescription, "\(error.code): \(error.message)")
            }
        }
    }
}
