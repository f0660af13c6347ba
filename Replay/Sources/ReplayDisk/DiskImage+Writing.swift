import Foundation

extension DiskImage {
    /// Makes `directory` hold this and nothing else.
    package func write(to directory: String) throws {
        if FileManager.default.fileExists(atPath: directory) { try FileManager.default.removeItem(atPath: directory) }
        try makeDirectory(directory)
        for (name, bytes) in entries {
            let path = directory + "/" + name
            if let bytes { try write(bytes, to: path) } else { try makeDirectory(path) }
        }
    }

    private func makeDirectory(_ path: String) throws {
        // Safe: the C string lives as long as the call runs.
        try check(unsafe mkdir(path, 0o700), path)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        // Safe: the C string lives as long as the call runs.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        try check(descriptor, path)
        defer { close(descriptor) }
        try check(ftruncate(descriptor, off_t(bytes.count)), path)
        // Holes cost nothing, and a journal is full of zeros: it is written in pieces that hold something else.
        let pieceBytes = 16 << 10
        try unsafe bytes.withUnsafeBytes { all in
            for start in stride(from: 0, to: all.count, by: pieceBytes) {
                let piece = unsafe UnsafeRawBufferPointer(rebasing: all[start..<min(start + pieceBytes, all.count)])
                if unsafe isZero(piece) { continue }
                // Safe: the piece is a part of the array, which outlives the call.
                let count = unsafe pwrite(descriptor, piece.baseAddress!, piece.count, off_t(start))
                try check(count == piece.count ? 0 : -1, path)
            }
        }
    }

    private func isZero(_ piece: UnsafeRawBufferPointer) -> Bool {
        var (position, sum) = (0, 0 as UInt64)
        while position + 8 <= piece.count {
            // Safe: eight bytes are left.
            sum |= unsafe piece.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            position += 8
        }
        while position < piece.count {
            sum |= unsafe UInt64(piece[position])
            position += 1
        }
        return sum == 0
    }

    private func check(_ result: Int32, _ path: String) throws {
        guard result < 0 else { return }
        throw ReplayError("cannot write \(path) (errno \(errno))")
    }
}
