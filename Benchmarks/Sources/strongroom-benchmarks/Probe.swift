import Glibc
import SystemPackage

/// A loop of one 4 KiB write and one fdatasync into a file that is already written: what a disk gives
/// to anyone who wants each record durable. Everything durable is measured against it, in the same run.
struct SyncProbe {
    let descriptor: FileDescriptor
    private let page = [UInt8](repeating: 0x5A, count: 4_096)
    private static let pageCount = 1_024

    init(in directory: FilePath) throws {
        descriptor = try FileDescriptor.open(
            directory.appending("probe"), .readWrite, options: [.create, .truncate], permissions: [.ownerReadWrite])
        for index in 0..<Self.pageCount {
            _ = try page.withUnsafeBytes { try descriptor.writeAll(toAbsoluteOffset: Int64(index) * 4_096, $0) }
        }
        guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Syncs per second, and the median of one, over `seconds`.
    func run(seconds: Double) throws -> (rate: Double, medianMicroseconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        var took: [Double] = []
        var index: Int64 = 0
        while start.duration(to: clock.now) < .seconds(seconds) {
            let before = clock.now
            _ = try page.withUnsafeBytes {
                try descriptor.writeAll(toAbsoluteOffset: index % Int64(Self.pageCount) * 4_096, $0)
            }
            guard fdatasync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            took.append(before.duration(to: clock.now) / .microseconds(1))
            index += 1
        }
        let elapsed = start.duration(to: clock.now) / .seconds(1)
        return (Double(took.count) / elapsed, median(took))
    }
}

extension FileDescriptor {
    fileprivate func writeAll(toAbsoluteOffset offset: Int64, _ buffer: UnsafeRawBufferPointer) throws -> Int {
        try writeAll(toAbsoluteOffset: offset, Array(buffer))
    }
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}
