@testable import Strongroom

extension Chooser {
    mutating func put() -> PutStep {
        let place = place()
        var options = putOptions(in: place.bucket)
        options.condition = condition()
        let encryption = encryption()
        options.encryption = encryption.request
        return PutStep(place: place, content: content(), options: options, presented: encryption.presented)
    }

    mutating func delete() -> DeleteStep {
        DeleteStep(place: place(), condition: condition(), presented: needlessKey())
    }

    mutating func remove() -> any Step {
        // A version that stays, because it is locked or was named twice, is not forgotten.
        let draw = number(1 << 20)
        let found = isChosen(10) ? knowledge.version(draw) : knowledge.takeVersion(draw)
        guard let found else { return delete() }
        let bypasses = found.place.bucket == "locked" ? isChosen(2) : isChosen(50)
        return RemoveStep(
            place: found.place, version: isChosen(20) ? .null : found.id, bypassesGovernance: bypasses)
    }

    mutating func copy() -> CopyStep {
        let target = place()
        var source = place()
        var options = CopyOptions(sourceConditions: readConditions(), condition: condition())
        var sourceKey = knowledge.customerKey(of: source)
        if isChosen(2), let known = version() {
            (source, options.sourceVersion, sourceKey) = (known.place, known.id, known.customerKey)
        }
        sourceKey = presented(for: sourceKey)
        let (isOption, isOverridden) = (isChosen(2), isChosen(20))
        if isOption { options.sourceCustomerKey = sourceKey }
        if isChosen(3) {
            options.metadata = .replace(contentType: "text/copy", metadata: ["n": "\(number(1_000))"])
        }
        let encryption = encryption()
        options.encryption = encryption.request
        if isChosen(3) { options.tags = .replace(objectTags()) }
        if isChosen(target.bucket == "locked" ? 8 : 60) { options.retention = retention() }
        return CopyStep(
            source: source, place: target, options: options,
            sourcePresented: !isOption ? sourceKey : isOverridden ? customerKey() : nil,
            presented: encryption.presented)
    }

    mutating func read() -> ReadStep {
        var step = ReadStep(place: place(), part: .head, conditions: readConditions())
        var key = knowledge.customerKey(of: step.place)
        if isChosen(2), let known = version() {
            (step.place, step.version, key) = (known.place, known.id, known.customerKey)
        }
        step.presented = presented(for: key)
        switch number(10) {
        case 0, 1: step.part = .head
        case 2: step.part = .tags
        case 3: step.part = .attributes
        case 4: step.part = isChosen(2) ? .headOfPart(1 + number(4)) : .bytesOfPart(1 + number(4))
        default: step.part = .bytes(range())
        }
        return step
    }

    mutating func tags() -> TagsStep {
        var step = TagsStep(place: place(), tags: objectTags(), presented: needlessKey())
        if isChosen(2), let known = version() { (step.place, step.version) = (known.place, known.id) }
        return step
    }

    mutating func lock() -> LockStep {
        var change = LockStep.Change.legalHold(isChosen(4))
        if isChosen(2) {
            change = .retention(isChosen(4) ? nil : retention(), bypassesGovernance: isChosen(2))
        }
        var step = LockStep(place: place(), change: change)
        if !isChosen(12) { step.place.bucket = "locked" }
        if isChosen(2), let known = version(), known.place.bucket == "locked" {
            (step.place, step.version) = (known.place, known.id)
        }
        return step
    }

    mutating func batch() -> BatchStep {
        var parts: [BatchStep.Part] = []
        for _ in 0...number(4) {
            switch number(8) {
            case 0: parts.append(.copy(copyWithoutHandles()))
            case 1..<4:
                var delete = delete()
                delete.presented = nil
                parts.append(.delete(delete))
            default:
                var put = put()
                put.presented = nil
                parts.append(.put(put))
            }
        }
        return BatchStep(parts: parts)
    }

    /// A batch names buckets: keys come as options.
    private mutating func copyWithoutHandles() -> CopyStep {
        var copy = copy()
        copy.options.sourceCustomerKey = copy.options.sourceCustomerKey ?? copy.sourcePresented
        (copy.presented, copy.sourcePresented) = (nil, nil)
        return copy
    }
}
