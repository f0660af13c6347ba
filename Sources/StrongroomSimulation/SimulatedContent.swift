/// One file of a simulated disk: what the process sees, what the disk has, and what lies between.
struct SimulatedContent: Sendable {
    /// A change that no sync has made durable yet.
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        /// Truncation and reservation; `cuts` when what lies past the size goes.
        case resize(sizeBytes: Int, cuts: Bool)

        var cuts: Bool {
            if case .resize(_, let cuts) = self { cuts } else { false }
        }
    }

    private(set) var live = PageImage()
    private(set) var liveSizeBytes = 0
    private(set) var durable = PageImage()
    private(set) var durableSizeBytes = 0
    private(set) var unsynced: [Change] = []
    /// Pages reserved by `allocate`, counted from the start.
    private(set) var reservedPages = 0

    /// Where sectors of 512 bytes begin that durably hold something other than zeros.
    var filledSectors: [Int] {
        let pages = durable.pages.keys.filter { durable.pages[$0] != PageImage.zeroPage }.sorted()
        let sectors = pages.flatMap { (page: Int) -> StrideTo<Int> in
            let start = page * PageImage.pageSizeBytes
            return stride(from: start, to: min(start + PageImage.pageSizeBytes, durableSizeBytes), by: 512)
        }
        return sectors.filter { start in durable.read(start..<start + 512).contains { $0 != 0 } }
    }

    /// Pages that the file takes of the disk's capacity.
    var occupiedPages: Int { reservedPages + live.pages.keys.count { $0 >= reservedPages } }

    /// How many more pages a write or reservation of this range takes.
    func additionalPages(for range: Range<Int>) -> Int {
        guard !range.isEmpty else { return 0 }
        let first = range.lowerBound / PageImage.pageSizeBytes
        let last = (range.upperBound - 1) / PageImage.pageSizeBytes
        return (first...last).count { $0 >= reservedPages && !live.contains(page: $0) }
    }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        guard !bytes.isEmpty else { return }
        live.write(bytes[...], at: offset)
        liveSizeBytes = max(liveSizeBytes, offset + bytes.count)
        unsynced.append(.write(offset: offset, bytes: bytes))
    }

    /// Writes what was meant for `offset` at `landing`, or nowhere: the right place keeps what it had, and what would
    /// come to lie behind the end of the file is lost. The size grows as ever, for the file system knows of nothing.
    mutating func write(_ bytes: [UInt8], meantFor offset: Int, landingAt landing: Int?) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        if end > liveSizeBytes {
            liveSizeBytes = end
            unsynced.append(.resize(sizeBytes: end, cuts: false))
        }
        guard let landing else { return }
        precondition(landing < liveSizeBytes, "a write lands within its file")
        write(Array(bytes.prefix(liveSizeBytes - landing)), at: landing)
    }

    mutating func allocate(sizeBytes: Int) {
        reservedPages = max(reservedPages, (sizeBytes + PageImage.pageSizeBytes - 1) / PageImage.pageSizeBytes)
        guard sizeBytes > liveSizeBytes else { return }
        liveSizeBytes = sizeBytes
        unsynced.append(.resize(sizeBytes: sizeBytes, cuts: false))
    }

    mutating func truncate(toBytes sizeBytes: Int) {
        live.truncate(toBytes: sizeBytes)
        reservedPages = min(reservedPages, (sizeBytes + PageImage.pageSizeBytes - 1) / PageImage.pageSizeBytes)
        liveSizeBytes = sizeBytes
        unsynced.append(.resize(sizeBytes: sizeBytes, cuts: true))
    }

    /// Changes stored bytes behind everyone's back: damage.
    mutating func overwriteEverywhere(_ bytes: [UInt8], at offset: Int) {
        live.write(bytes[...], at: offset)
        durable.write(bytes[...], at: offset)
    }

    /// Inverts bits of one stored byte behind everyone's back: damage.
    mutating func invert(_ mask: UInt8, at offset: Int) {
        live.write([live.read(offset..<offset + 1)[0] ^ mask], at: offset)
        durable.write([durable.read(offset..<offset + 1)[0] ^ mask], at: offset)
    }

    mutating func synchronize() {
        for change in unsynced { Self.apply(change, to: &durable) }
        durableSizeBytes = liveSizeBytes
        unsynced = []
    }

    /// What Linux does when writing back fails: a part may have reached the disk, all pages count as
    /// clean from here on, no later sync writes them again, and reads go on showing them.
    mutating func failToSynchronize(_ generator: inout SeededGenerator) {
        (durable, durableSizeBytes) = survivors(&generator)
        unsynced = []
    }

    /// Clean pages are read from the disk again; dirty ones stay, as on Linux.
    mutating func evictCleanPages() {
        live = durable
        for change in unsynced { Self.apply(change, to: &live) }
    }

    /// The file as it is found after a power failure at this moment.
    func surviving(_ generator: inout SeededGenerator) -> SimulatedContent {
        var content = SimulatedContent()
        (content.durable, content.durableSizeBytes) = survivors(&generator)
        content.live = content.durable
        content.liveSizeBytes = content.durableSizeBytes
        content.reservedPages = reservedPages
        return content
    }

    /// The file after a power failure that those changes survive whole, by number, which are kept; nil where a
    /// truncation is among them and an earlier one is not.
    func surviving(garbage: UInt8?, _ isKept: (Int) -> Bool) -> SimulatedContent? {
        var content = SimulatedContent()
        (content.durable, content.durableSizeBytes) = (durable, durableSizeBytes)
        content.reservedPages = reservedPages
        var hasLostCut = false
        for (number, change) in unsynced.enumerated() {
            guard isKept(number) else {
                hasLostCut = hasLostCut || change.cuts
                continue
            }
            if change.cuts, hasLostCut { return nil }
            Self.apply(change, to: &content.durable)
            content.durableSizeBytes =
                switch change {
                case .write(let offset, let bytes): max(content.durableSizeBytes, offset + bytes.count)
                case .resize(let sizeBytes, cuts: false): max(content.durableSizeBytes, sizeBytes)
                case .resize(let sizeBytes, cuts: true): sizeBytes
                }
        }
        if let garbage { content.durable.fillHoles(upToBytes: content.durableSizeBytes, with: garbage) }
        content.live = content.durable
        content.liveSizeBytes = content.durableSizeBytes
        return content
    }

    private static func apply(_ change: Change, to image: inout PageImage) {
        switch change {
        case .write(let offset, let bytes): image.write(bytes[...], at: offset)
        case .resize(let sizeBytes, let cuts): if cuts { image.truncate(toBytes: sizeBytes) }
        }
    }
}

extension SimulatedContent {
    private func survivors(_ generator: inout SeededGenerator) -> (PageImage, Int) {
        // Some crashes keep all or nothing, so that both ends are met and not only the middle.
        let mood = generator.next(upperBound: 4 as UInt64)
        if mood == 0 { return (garbled(durable, durableSizeBytes, &generator), durableSizeBytes) }
        if mood == 1 {
            // Not `live`: after a failed sync that shows what no disk has.
            var complete = self
            complete.synchronize()
            return (garbled(complete.durable, liveSizeBytes, &generator), liveSizeBytes)
        }

        // Truncations keep their order, for a file system's own journal orders them: a prefix survives.
        let cuts = unsynced.indices.filter { unsynced[$0].cuts }
        let survivingCuts = Set(cuts.prefix(Int.random(in: 0...cuts.count, using: &generator)))
        var image = durable
        var sizes = [durableSizeBytes]
        var run: [(offset: Int, bytes: [UInt8])] = []
        func flush() {
            for write in run.shuffled(using: &generator) {
                Self.tear(write.bytes, at: write.offset, into: &image, &generator)
            }
            run = []
        }
        for (index, change) in unsynced.enumerated() {
            switch change {
            case .write(let offset, let bytes):
                run.append((offset, bytes))
                sizes.append(max(sizes.last!, offset + bytes.count))
            case .resize(let sizeBytes, cuts: false):
                sizes.append(max(sizes.last!, sizeBytes))
            case .resize(let sizeBytes, cuts: true):
                guard survivingCuts.contains(index) else { continue }
                flush()
                image.truncate(toBytes: sizeBytes)
                sizes = [sizeBytes]
            }
        }
        flush()
        let sizeBytes = sizes.randomElement(using: &generator)!
        image.truncate(toBytes: sizeBytes)
        return (garbled(image, sizeBytes, &generator), sizeBytes)
    }

    /// Drives write sectors of 512 bytes or 4 KiB whole, and promise nothing about several of them.
    private static func tear(
        _ bytes: [UInt8], at offset: Int, into image: inout PageImage, _ generator: inout SeededGenerator
    ) {
        let sectorBytes = generator.chance(1, in: 2) ? 512 : 4096
        let shape = generator.next(upperBound: 5 as UInt64)
        let end = offset + bytes.count
        let cut = Int.random(in: offset...end, using: &generator) / sectorBytes * sectorBytes
        var start = offset
        while start < end {
            let next = min(end, (start / sectorBytes + 1) * sectorBytes)
            let isKept =
                switch shape {
                case 0: true
                case 1: false
                case 2: start < cut
                case 3: start >= cut
                default: generator.chance(1, in: 2)
                }
            if isKept { image.write(bytes[start - offset..<next - offset], at: start) }
            start = next
        }
    }

    /// Blocks that belong to the file but were never written may hold what lay there before.
    private func garbled(_ image: PageImage, _ sizeBytes: Int, _ generator: inout SeededGenerator) -> PageImage {
        guard generator.chance(1, in: 2) else { return image }
        var image = image
        let pageCount = (sizeBytes + PageImage.pageSizeBytes - 1) / PageImage.pageSizeBytes
        for page in 0..<pageCount where !image.contains(page: page) && generator.chance(1, in: 2) {
            let byte = UInt8.random(in: 1...255, using: &generator)
            let garbage = [UInt8](repeating: byte, count: PageImage.pageSizeBytes)
            image.fill(page: page, with: garbage)
        }
        image.truncate(toBytes: sizeBytes)
        return image
    }
}
