internal import StrongroomCrypto

/// What an attacker with a sealed stream in hand would try.
enum StreamEdit {
    case flip(at: Int, bits: UInt8)
    case truncate(to: Int)
    case extend(by: [UInt8])
    case swapChunks(Int, Int)
    case copyChunk(from: Int, to: Int)
    case removeChunk(Int)

    init(_ input: inout FuzzInput) {
        let kind = input.byte() % 6
        let (first, second) = (Int(input.integer(UInt32.self)), Int(input.integer(UInt16.self)))
        switch kind {
        case 0: self = .flip(at: first, bits: UInt8(truncatingIfNeeded: second) | 1)
        case 1: self = .truncate(to: first)
        case 2: self = .extend(by: input.bytes(atMost: second & 0xFF))
        case 3: self = .swapChunks(first & 7, second & 7)
        case 4: self = .copyChunk(from: first & 7, to: second & 7)
        default: self = .removeChunk(first & 7)
        }
    }

    func apply(to stream: inout [UInt8], chunkSize: Int) {
        func range(_ chunk: Int) -> Range<Int>? {
            let start = SealedStreamGeometry.headerSizeBytes + chunk * chunkSize
            return start < stream.count ? start..<min(stream.count, start + chunkSize) : nil
        }
        switch self {
        case .flip(let at, let bits): if !stream.isEmpty { stream[at % stream.count] ^= bits }
        case .truncate(let size): stream.removeLast(stream.count - size % (stream.count + 1))
        case .extend(let bytes): stream += bytes
        case .swapChunks(let a, let b):
            guard let a = range(a), let b = range(b), a.lowerBound < b.lowerBound else { return }
            let (first, second) = (Array(stream[a]), Array(stream[b]))
            stream.replaceSubrange(b, with: first)
            stream.replaceSubrange(a, with: second)
        case .copyChunk(let from, let to):
            guard let from = range(from), let to = range(to) else { return }
            stream.replaceSubrange(to, with: Array(stream[from]))
        case .removeChunk(let chunk): if let chunk = range(chunk) { stream.removeSubrange(chunk) }
        }
    }
}
