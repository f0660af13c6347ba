internal import StrongroomSystem
internal import Synchronization
package import SystemPackage

/// A write that landed elsewhere.
package struct SimulatedMisdirection: Sendable, Equatable {
    /// The name that the file had.
    package var path: FilePath
    /// The right place.
    package var offset: UInt64
    package var sizeBytes: Int
    /// A whole number of sectors from there; nil where the file has no other sector, and the bytes are nowhere.
    package var landing: UInt64?
}

extension SimulatedFileSystem {
    /// The writes so far that have landed elsewhere.
    package var misdirections: [SimulatedMisdirection] { state.withLock { $0.misdirections } }

    /// Inverts single bits of files whose paths end so, durably and unnoticed. Sectors that hold nothing but zeros are
    /// left alone: journals are full of them, and there nothing would come of it.
    ///
    /// - Returns: where; nowhere if no such file holds anything.
    @discardableResult
    package func rot(bitCount: Int, pathSuffix: String = "", seed: UInt64) -> [(path: FilePath, offset: UInt64)] {
        state.withLock { state in
            var generator = SeededGenerator(seed: seed)
            var sectors: [(path: FilePath, id: SimulatedDisk.NodeID, start: Int)] = []
            for (path, id) in state.disk.files where path.string.hasSuffix(pathSuffix) {
                for start in state.disk.content(id).filledSectors { sectors.append((path, id, start)) }
            }
            var places: [(path: FilePath, offset: UInt64)] = []
            for _ in 0..<bitCount {
                guard let (path, id, start) = sectors.randomElement(using: &generator) else { break }
                let end = min(start + 512, state.disk.content(id).durableSizeBytes)
                let offset = Int.random(in: start..<end, using: &generator)
                let mask: UInt8 = 1 << Int.random(in: 0..<8, using: &generator)
                state.disk.changeContent(id) { $0.invert(mask, at: offset) }
                places.append((path, UInt64(offset)))
            }
            return places
        }
    }
}

// MARK: What faults do

extension SimulatedFileSystem.State {
    /// How much longer the call takes.
    mutating func delayMilliseconds(_ operation: SimulatedOperation, _ path: FilePath) -> Int {
        var sum = 0
        for index in faults.indices {
            guard case .delay(let milliseconds) = faults[index].effect, faults[index].strikes(operation, path) else {
                continue
            }
            sum += milliseconds
        }
        return sum
    }

    /// Lets the first fault strike the call that is due.
    mutating func strike(
        _ operation: SimulatedOperation, _ path: FilePath, _ failing: (inout Self) -> Void
    ) throws(StorageError) {
        isAstray = false
        for index in faults.indices {
            let fault = faults[index]
            if case .delay = fault.effect { continue }
            guard faults[index].strikes(operation, path) else { continue }
            isAstray = fault.effect == .misdirection
            if isAstray { return }
            failing(&self)
            throw StorageError(
                fault.code, "injected fault in \(operation)", path: path, systemError: fault.systemError)
        }
    }

    /// What a write has done that fails: as much as there is room for of its beginning. A process's bytes are cut
    /// anywhere; what goes past the page cache, between two sectors.
    mutating func writeBeginning(of bytes: [UInt8], at start: Int, in node: SimulatedDisk.NodeID) {
        let end = start + Int.random(in: 0...bytes.count, using: &generator)
        let cut = generator.chance(1, in: 2) ? end : end / 512 * 512
        let part = Array(bytes.prefix(max(0, cut - start)))
        guard disk.pagesNeeded(by: node, for: start..<start + part.count) <= disk.freePages() else { return }
        disk.changeContent(node) { $0.write(part, at: start) }
    }

    /// What a failed sync does.
    mutating func loseUnsynced(of node: SimulatedDisk.NodeID) {
        var generator = generator
        disk.changeContent(node) { $0.failToSynchronize(&generator) }
        self.generator = generator
    }

    /// Writes elsewhere in the file what was meant for `start`.
    mutating func misdirect(_ bytes: [UInt8], from start: Int, in node: SimulatedDisk.NodeID) {
        let sizeBytes = max(disk.content(node).liveSizeBytes, start + bytes.count)
        let landing = landing(insteadOf: start, sizeBytes: sizeBytes)
        disk.changeContent(node) { $0.write(bytes, meantFor: start, landingAt: landing) }
        guard let path = disk.files.first(where: { $0.id == node })?.path else { return }
        misdirections.append(
            SimulatedMisdirection(
                path: path, offset: UInt64(start), sizeBytes: bytes.count, landing: landing.map { UInt64($0) }))
    }

    /// A place within the file that lies as far from the beginning of a sector as `start`, and is another one.
    private mutating func landing(insteadOf start: Int, sizeBytes: Int) -> Int? {
        let sectorBytes = generator.chance(1, in: 2) ? 512 : 4096
        let (right, phase) = start.quotientAndRemainder(dividingBy: sectorBytes)
        let count = (sizeBytes - phase + sectorBytes - 1) / sectorBytes
        guard count > 1 else { return nil }
        let number = Int.random(in: 0..<count - 1, using: &generator)
        return (number < right ? number : number + 1) * sectorBytes + phase
    }
}
