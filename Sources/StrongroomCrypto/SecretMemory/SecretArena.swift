internal import CStrongroomShims
internal import Glibc
internal import StrongroomSystem
internal import Synchronization

/// The pages that secrets live in: locked, left out of core dumps, wiped in forked children, between
/// inaccessible guard pages.
///
/// Locked memory is scarce (8 MiB is a usual limit), so secrets share slabs of pages, by size class:
///
///     slab:  canary u64 | zero u64 | slot 0 | slot 1 | …
///
/// Invariants: every slab starts on a page, with the canary; every slot starts in its slab's first
/// page; a free slot is all zeros; a slab belongs to one size class for good (what a class once
/// needed stays locked, and is reused).
/// The canary is not zero, so a page that the kernel wiped on fork is told from one in use.
///
/// Encapsulates its pointers: `allocate` hands out a slot to one owner, who gives it back once.
@safe final class SecretArena: Sendable {
    static let shared = SecretArena()

    static let countMaximum = 65_520
    /// Those to 4080 fit many to a page of 4 KiB, or one. The last two are a secret alone in 8 KiB, as the 4096 bytes
    /// that a key service seals and their base64 are, and in 64 KiB.
    private static let slotSizesBytes = [32, 64, 128, 256, 512, 1024, 2032, 4080, 8176, countMaximum]
    /// Offset of the first slot: room for the canary, and slots aligned to 16.
    private static let firstSlotOffsetBytes = 16
    private static let regionSizeBytes = 256 * 1024

    private struct State {
        /// By size class, in no particular order.
        var freeSlots = [[UInt]](repeating: [], count: SecretArena.slotSizesBytes.count)
        var freshAddress: UInt = 0
        var freshSizeBytes = 0
        var statistics = SecretMemory.Statistics()
    }

    private let pageSizeBytes: Int
    private let canary: UInt64
    private let state = Mutex(State())
    /// Address of the first slab, 0 before there is one. Tells without the lock whether this process
    /// is a forked child: there, a thread that was not copied may hold the lock for ever.
    private let sentinelAddress = Atomic<UInt>(0)

    private init() {
        pageSizeBytes = sysconf(Int32(_SC_PAGESIZE))
        precondition((4096...65_536).contains(pageSizeBytes), "unexpected page size of \(pageSizeBytes) bytes")
        // The lowest bit keeps the random word from being zero.
        canary = SystemRandom().bytes(8).reduce(0) { $0 << 8 | UInt64($1) } | 1
    }

    var statistics: SecretMemory.Statistics { state.withLock { $0.statistics } }

    var isWipedByFork: Bool {
        let sentinel = sentinelAddress.load(ordering: .acquiring)
        return sentinel != 0 && word(at: sentinel) != canary
    }

    /// A zeroed slot of at least `count` bytes, aligned to 16.
    func allocate(_ count: Int) throws(SecretMemoryError) -> UnsafeMutableRawPointer {
        precondition(count <= Self.countMaximum, "a secret of \(count) bytes: at most \(Self.countMaximum) are kept")
        if isWipedByFork { throw .wipedByFork }
        let address = try state.withLock { (state) throws(SecretMemoryError) in
            let sizeClass = Self.sizeClass(count)
            if state.freeSlots[sizeClass].isEmpty { try addSlab(sizeClass, &state) }
            state.statistics.liveCount += 1
            return state.freeSlots[sizeClass].removeLast()
        }
        // Safe: addresses of slots come from pointers of live mappings and are never zero.
        return unsafe UnsafeMutableRawPointer(bitPattern: address)!
    }

    /// Zeroes and takes back what `allocate(count)` gave.
    func release(_ slot: UnsafeMutableRawPointer, _ count: Int) {
        // In a forked child there is nothing left to wipe, and the lock must not be waited for.
        if isWipedByFork { return }
        // Safe: the slot has at least `count` bytes, and its only owner gives it up.
        unsafe explicit_bzero(slot, count)
        let address = UInt(bitPattern: slot)
        state.withLock { state in
            state.statistics.liveCount -= 1
            state.freeSlots[Self.sizeClass(count)].append(address)
        }
    }

    /// Throws where the slab of `slot` was wiped by a fork; traps where it was overwritten.
    func checkCanary(of slot: UnsafeMutableRawPointer) throws(SecretMemoryError) {
        let found = word(at: UInt(bitPattern: slot) & ~UInt(pageSizeBytes - 1))
        if found == canary { return }
        if found == 0 { throw .wipedByFork }
        preconditionFailure("secret memory was overwritten: a canary word is damaged")
    }

    private static func sizeClass(_ count: Int) -> Int {
        slotSizesBytes.firstIndex { $0 >= count }!
    }

    private func word(at address: UInt) -> UInt64 {
        // Safe: called for the first word of slabs only, which are never unmapped.
        unsafe UnsafeRawPointer(bitPattern: address)!.load(as: UInt64.self)
    }

    // MARK: - Pages, with the lock held

    private func addSlab(_ sizeClass: Int, _ state: inout State) throws(SecretMemoryError) {
        let slotSizeBytes = Self.slotSizesBytes[sizeClass]
        let slabSizeBytes = max(pageSizeBytes, Self.firstSlotOffsetBytes + slotSizeBytes)
        assert(slabSizeBytes.isMultiple(of: pageSizeBytes))
        if state.freshSizeBytes < slabSizeBytes {
            // What is left of the old region was never locked: it costs address space alone.
            state.freshAddress = try mapRegion()
            state.freshSizeBytes = Self.regionSizeBytes
        }
        let slab = state.freshAddress
        try lock(slab, slabSizeBytes, &state.statistics)
        state.freshAddress += UInt(slabSizeBytes)
        state.freshSizeBytes -= slabSizeBytes
        // Safe: the slab lies in a fresh, writable mapping.
        unsafe UnsafeMutableRawPointer(bitPattern: slab)!.storeBytes(of: canary, as: UInt64.self)
        if sentinelAddress.load(ordering: .relaxed) == 0 { sentinelAddress.store(slab, ordering: .releasing) }
        let offsets = stride(from: Self.firstSlotOffsetBytes, through: slabSizeBytes - slotSizeBytes, by: slotSizeBytes)
        state.freeSlots[sizeClass].append(contentsOf: offsets.reversed().map { slab + UInt($0) })
    }

    private func lock(
        _ address: UInt, _ sizeBytes: Int, _ statistics: inout SecretMemory.Statistics
    ) throws(SecretMemoryError) {
        // Safe: the range lies in a mapping of this arena; locking changes no contents.
        if unsafe mlock(UnsafeRawPointer(bitPattern: address)!, sizeBytes) == 0 {
            statistics.lockedBytes += sizeBytes
        } else if SecretMemory.isUnlockedAllowed {
            statistics.unlockedBytes += sizeBytes
        } else {
            throw .cannotLock(systemError: errno, limitBytes: strongroom_locked_memory_limit_bytes())
        }
    }

    /// Maps a region between two inaccessible pages: an overrun from elsewhere faults before it
    /// reaches a secret, and so does one from a secret.
    private func mapRegion() throws(SecretMemoryError) -> UInt {
        let sizeBytes = Self.regionSizeBytes + 2 * pageSizeBytes
        // Safe: a new mapping overlaps nothing; it is checked for failure before use.
        let mapping = unsafe mmap(nil, sizeBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else { throw .cannotMap(systemError: errno) }
        // Safe: these calls stay within the mapping just made, and on failure it is given up unused.
        if unsafe mprotect(mapping + pageSizeBytes, Self.regionSizeBytes, PROT_READ | PROT_WRITE) != 0
            || madvise(mapping, sizeBytes, Int32(MADV_DONTDUMP)) != 0
            || madvise(mapping, sizeBytes, Int32(MADV_WIPEONFORK)) != 0
        {
            let systemError = errno
            unsafe munmap(mapping, sizeBytes)
            throw .cannotProtect(systemError: systemError)
        }
        return UInt(bitPattern: mapping) + UInt(pageSizeBytes)
    }
}
