extension StoreContent {
    mutating func apply(_ operation: Operation, _ outcome: Operation.Outcome) {
        for (step, name) in zip(operation.steps, outcome.names) { apply(step, name) }
    }

    private mutating func apply(_ step: Operation.Step, _ name: String?) {
        switch step {
        case .createBucket(let bucket, let isVersioned): buckets[bucket] = isVersioned
        case .put(let place, let body): enter(Version(id: name ?? "?", body: body), at: place)
        case .delete(let place):
            if buckets[place.bucket] == true {
                enter(Version(id: name ?? "?", body: nil), at: place)
            } else {
                versions[place] = nil
            }
        case .deleteVersion(let place, let version):
            versions[place]?.removeAll { $0.id == version }
            if versions[place]?.isEmpty == true { versions[place] = nil }
        case .setTags(let place, let tags): versions[place]?[0].body?.tags = tags
        case .createUpload(let place): if let name { uploads[name] = Upload(place: place) }
        case .putPart(_, let upload, let number): uploads[upload]?.parts[number] = name
        case .completeUpload(let place, let upload, let body):
            uploads[upload] = nil
            enter(Version(id: name ?? "?", body: body), at: place)
        case .abortUpload(_, let upload): uploads[upload] = nil
        }
    }

    private mutating func enter(_ version: Version, at place: Operation.Place) {
        if buckets[place.bucket] == true {
            versions[place, default: []].insert(version, at: 0)
        } else {
            versions[place] = [version]
        }
    }
}
