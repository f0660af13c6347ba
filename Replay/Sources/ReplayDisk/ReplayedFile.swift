/// One file of the replayed disk: what is durable, and what has changed since.
struct ReplayedFile: Sendable {
    enum Change: Sendable {
        /// The bytes are a range of the recording's; a synced one survives, with the file's size up to its end.
        case write(offset: Int, bytes: Range<Int>, isSynced: Bool)
        case grow(sizeBytes: Int)
        case cut(sizeBytes: Int)
    }

    private(set) var durable: [UInt8] = []
    private(set) var sizeBytes = 0
    private(set) var unsynced: [(number: Int, change: Change)] = []
    /// Cuts to this place in `unsynced` are durable: a synced write came after them.
    private var durableCutsEnd = 0

    init(durable: [UInt8] = []) {
        self.durable = durable
        sizeBytes = durable.count
    }

    mutating func write(_ bytes: Range<Int>, at offset: Int, isSynced: Bool, number: Int) {
        unsynced.append((number, .write(offset: offset, bytes: bytes, isSynced: isSynced)))
        sizeBytes = max(sizeBytes, offset + bytes.count)
        if isSynced { durableCutsEnd = unsynced.count }
    }

    mutating func allocate(_ sizeBytes: Int, number: Int) {
        if sizeBytes > self.sizeBytes { resize(sizeBytes, number: number) }
    }

    mutating func resize(_ sizeBytes: Int, number: Int) {
        unsynced.append((number, sizeBytes < self.sizeBytes ? .cut(sizeBytes: sizeBytes) : .grow(sizeBytes: sizeBytes)))
        self.sizeBytes = sizeBytes
    }

    mutating func synchronize(_ recorded: [UInt8]) {
        var failure = PowerFailure.none
        durable = surviving(&failure, recorded)
        unsynced = []
        durableCutsEnd = 0
    }

    /// The file as it is found after a power failure.
    func surviving(_ failure: inout PowerFailure, _ recorded: [UInt8]) -> [UInt8] {
        if unsynced.isEmpty { return durable }
        // A file system's own journal keeps truncations in order: when one is lost, so are the later ones.
        var cut: Int?
        for (place, (number, change)) in unsynced.enumerated() {
            guard case .cut = change else { continue }
            guard place < durableCutsEnd || failure.keeps(number) else { break }
            cut = place
        }
        var image = durable
        var start = 0
        if let cut {
            // What was written before it survives in any way, and then it is cut.
            apply(0..<cut, to: &image, &failure, recorded)
            guard case .cut(let sizeBytes) = unsynced[cut].change else { preconditionFailure("a cut is a cut") }
            image = resized(image, to: sizeBytes, filling: 0)
            start = cut + 1
        }
        apply(start..<unsynced.count, to: &image, &failure, recorded)
        return image
    }

    private func apply(
        _ places: Range<Int>, to image: inout [UInt8], _ failure: inout PowerFailure, _ recorded: [UInt8]
    ) {
        let before = image.count
        var (durableSize, lastSize, sizes) = (before, before, [(number: Int, sizeBytes: Int)]())
        var growsByWritesOnly = true
        for (number, change) in unsynced[places] {
            switch change {
            case .write(let offset, let bytes, let isSynced):
                lastSize = max(lastSize, offset + bytes.count)
                if isSynced { durableSize = max(durableSize, offset + bytes.count) }
            case .grow(let sizeBytes):
                lastSize = max(lastSize, sizeBytes)
                growsByWritesOnly = false
            case .cut: continue
            }
            sizes.append((number, lastSize))
        }
        let size = max(durableSize, failure.size(of: sizes, durable: durableSize))
        // What a file system has reserved reads as zeros; where only a write made a file longer, and is lost, what lay
        // there before may be seen.
        image = resized(image, to: size, filling: growsByWritesOnly ? failure.garbage ?? 0 : 0)
        for (number, change) in unsynced[places] {
            guard case .write(let offset, let bytes, let isSynced) = change else { continue }
            write(bytes, at: offset, to: &image, isSynced ? .whole : failure.shape(ofWrite: number), &failure, recorded)
        }
    }

    private func write(
        _ bytes: Range<Int>, at offset: Int, to image: inout [UInt8], _ shape: PowerFailure.WriteShape,
        _ failure: inout PowerFailure, _ recorded: [UInt8]
    ) {
        switch shape {
        case .none: return
        case .whole: copy(recorded, bytes, to: &image, at: offset)
        case .sectors(let sectorBytes, let kept):
            let end = offset + bytes.count
            let middle = Int.random(in: offset...end, using: &failure.generator) / sectorBytes * sectorBytes
            var start = offset
            while start < end {
                let next = min(end, (start / sectorBytes + 1) * sectorBytes)
                let isKept =
                    switch kept {
                    case .first: start < middle
                    case .last: start >= middle
                    case .any: failure.generator.chance(1, in: 2)
                    }
                if isKept {
                    let first = bytes.lowerBound + start - offset
                    copy(recorded, first..<first + next - start, to: &image, at: start)
                }
                start = next
            }
        }
    }

    private func copy(_ recorded: [UInt8], _ bytes: Range<Int>, to image: inout [UInt8], at offset: Int) {
        // A size that did not survive takes what was written beyond it along.
        let count = min(bytes.count, image.count - offset)
        guard count > 0 else { return }
        // Safe: both ranges lie within their arrays, of which one is not the other.
        unsafe image.withUnsafeMutableBytes { target in
            unsafe recorded.withUnsafeBytes { source in
                unsafe target.baseAddress!.advanced(by: offset)
                    .copyMemory(from: source.baseAddress!.advanced(by: bytes.lowerBound), byteCount: count)
            }
        }
    }

    private func resized(_ image: [UInt8], to sizeBytes: Int, filling byte: UInt8) -> [UInt8] {
        if sizeBytes <= image.count { return Array(image.prefix(sizeBytes)) }
        return image + [UInt8](repeating: byte, count: sizeBytes - image.count)
    }
}
