import Synchronization

@testable import Strongroom

/// What the tasks have learnt of the store, so that their steps name what exists, or did lately.
final class Knowledge: Sendable {
    struct Version: Sendable {
        var place: Place
        var id: VersionID
        /// Empty for a delete marker.
        var etag: String
        /// Under which it is.
        var customerKey: CustomerKey?
    }

    struct Upload: Sendable {
        var place: Place
        var id: UploadID
        var customerKey: CustomerKey?
        var parts: [Int: PartInfo] = [:]
    }

    private let versions = Mutex<[Version]>([])
    private let uploads = Mutex<[Upload]>([])
    private let pages = Mutex<[any Step]>([])
    /// Under which the newest object is, as far as that is known.
    private let customerKeys = Mutex<[Place: CustomerKey]>([:])

    var versionCount: Int { versions.withLock { $0.count } }
    var uploadCount: Int { uploads.withLock { $0.count } }

    // `draw` is any number: it chooses.

    func version(_ draw: Int) -> Version? { versions.withLock { $0.isEmpty ? nil : $0[draw % $0.count] } }

    func takeVersion(_ draw: Int) -> Version? {
        versions.withLock { $0.isEmpty ? nil : $0.remove(at: draw % $0.count) }
    }

    func upload(_ draw: Int) -> Upload? { uploads.withLock { $0.isEmpty ? nil : $0[draw % $0.count] } }

    func customerKey(of place: Place) -> CustomerKey? { customerKeys.withLock { $0[place] } }

    /// The next page of a listing that somebody began.
    func takePage() -> (any Step)? { pages.withLock { $0.popLast() } }

    /// Takes note of what came of a step.
    func learn(_ step: any Step, _ answer: Answer) {
        switch (step, answer) {
        case (_, .put(let receipt)):
            guard let place = step.places.last else { return }
            let key = customerKey(step, receipt.encryption)
            customerKeys.withLock { $0[place] = key }
            learn(Version(place: place, id: receipt.versionID, etag: receipt.etag, customerKey: key))
            if let completion = step as? CompleteStep { forget(completion.upload) }
        case (let delete as DeleteStep, .delete(let receipt)):
            guard receipt.isDeleteMarker, let id = receipt.versionID else { return }
            learn(Version(place: delete.place, id: id, etag: ""))
        case (let create as CreateUploadStep, .upload(let info)):
            let key = customerKey(step, info.encryption)
            uploads.withLock { $0.append(Upload(place: create.place, id: info.id, customerKey: key)) }
        case (let part as PartStep, .part(let info)):
            uploads.withLock { uploads in
                guard let index = uploads.firstIndex(where: { $0.id == part.upload }) else { return }
                uploads[index].parts[info.number] = info
            }
        case (let abort as AbortUploadStep, .changed): forget(abort.upload)
        case (let batch as BatchStep, .batch(let receipt)):
            for (part, result) in zip(batch.parts, receipt.results) {
                switch result {
                case .put(let put): learn(part.step, .put(put))
                case .delete(let delete): learn(part.step, .delete(delete))
                }
            }
        default: learnPage(step, answer)
        }
    }

    /// The key that the step has brought, where what it wrote is under one.
    private func customerKey(_ step: any Step, _ encryption: EncryptionDescriptor) -> CustomerKey? {
        guard case .customerKey = encryption else { return nil }
        func asked(_ request: EncryptionRequest, _ presented: CustomerKey?) -> CustomerKey? {
            if case .customerKey(let key) = request { key } else { presented }
        }
        return switch step {
        case let put as PutStep: asked(put.options.encryption, put.presented)
        case let copy as CopyStep: asked(copy.options.encryption, copy.presented)
        case let create as CreateUploadStep: asked(create.options.encryption, create.presented)
        case let complete as CompleteStep:
            uploads.withLock { $0.first { $0.id == complete.upload }?.customerKey }
        default: nil
        }
    }

    private func learnPage(_ step: any Step, _ answer: Answer) {
        var next: (any Step)?
        switch (step, answer) {
        case (var list as ListStep, .list(let page)):
            list.options.continuation = page.continuation
            if page.continuation != nil { next = list }
        case (var list as VersionListStep, .versions(let page)):
            list.options.continuation = page.continuation
            if page.continuation != nil { next = list }
        default: break
        }
        guard let next else { return }
        pages.withLock { pages in
            pages.append(next)
            if pages.count > 16 { pages.removeFirst() }
        }
    }

    private func learn(_ version: Version) {
        versions.withLock { versions in
            // A key has one null version, however often it is written.
            if version.id == .null { versions.removeAll { $0.id == .null && $0.place == version.place } }
            versions.append(version)
            if versions.count > 1_000 { versions.removeFirst() }
        }
    }

    private func forget(_ upload: UploadID) { uploads.withLock { $0.removeAll { $0.id == upload } } }
}
