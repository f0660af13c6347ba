internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    func verify(
        readingData: Bool, progress: ((VerificationReport) -> Void)?
    ) async throws(StoreError) -> VerificationReport {
        var report = VerificationReport()
        report.wasLocked = keys == nil
        try await verifyStorage(&report, readingBlobs: readingData && keys == nil)
        for damage in buckets.damaged { report.note(damage.place, damage.reason) }
        try await verifyParts(&report)
        try await verifyLockClock(&report)
        guard let keys else { return report }
        for name in try await damagedConsumers(keys) {
            report.note("consumer \(name.debugDescription)", "The consumer's row is not what was written.")
        }
        try await verifyUsers(&report)
        try await verifyRoles(&report)
        try await verifyBucketDocuments(&report)
        for (name, _) in buckets.all {
            try await verify(name, readingData: readingData, &report, progress)
        }
        try await verifyBucketKeys(&report)
        // Bytes that no key here opens are held against what was written, as far as that needs none.
        if report.unopenedCount > 0 { try await verifyStorage(&report, readingBlobs: true, onlyDamage: true) }
        return report
    }

    private func verify(
        _ name: BucketName, readingData: Bool, _ report: inout VerificationReport,
        _ progress: ((VerificationReport) -> Void)?
    ) async throws(StoreError) {
        var options = VersionListOptions()
        repeat {
            let page: VersionPage
            do throws(StoreError) {
                page = try await listVersions(options, in: name)
            } catch  where error.code == .noSuchBucket {
                return
            }
            report.objectCount += UInt64(page.entries.count { !$0.isDeleteMarker } + page.damaged.count)
            for damaged in page.damaged {
                report.note("\(name)/\(damaged.key)".debugDescription, damaged.reason)
            }
            for case .object(let object, _) in page.entries where readingData || object.partCount != nil {
                try await verify(object, readingData: readingData, in: name, &report)
                progress?(report)
            }
            progress?(report)
            options.continuation = page.continuation
        } while options.continuation != nil
    }

    private func verify(
        _ object: ObjectInfo, readingData: Bool, in name: BucketName, _ report: inout VerificationReport
    ) async throws(StoreError) {
        let (key, version) = (object.key, object.versionID)
        do throws(StoreError) {
            guard readingData else { return try await checkParts(of: key, version, in: name) }
            for try await slice in try await get(key, version, in: name, if: ReadConditions(), as: .root) {
                report.verifiedBytes += UInt64(slice.count)
            }
        } catch {
            switch error.code {
            case .noSuchKey, .noSuchVersion:
                // Deleted since the page was listed.
                return
            case .cancelled, .closed, .secretMemoryUnavailable, .descriptorLimit:
                throw error
            case _ where readingData && object.encryption.needsMoreThanTheStore && error.isAboutKeys:
                // Without its key there are still its parts; the bytes are looked at with all others of that kind.
                if object.partCount != nil { try await verify(object, readingData: false, in: name, &report) }
                report.unopenedCount += 1
            default:
                report.note("\(name)/\(key)".debugDescription, "\(error.code): \(error.message)")
            }
        }
    }
}

extension EncryptionDescriptor {
    /// Whether the object's key is not the store's own to open.
    fileprivate var needsMoreThanTheStore: Bool {
        switch self {
        case .none, .s3Managed: false
        case .kms, .kmsDualLayer, .customerKey: true
        }
    }
}

extension StoreError {
    /// Whether it says that a key could not be used, and nothing of the object.
    fileprivate var isAboutKeys: Bool {
        switch code {
        case .keyServiceMissing, .keyDisabled, .keyNotFound, .keyBackendFailed, .accessDenied, .invalidRequest: true
        default: false
        }
    }
}
