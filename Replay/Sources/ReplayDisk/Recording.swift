import Foundation

/// A call that changed the recorded files, as the recorder has written it down.
package enum RecordedCall: Sendable, Hashable {
    case open(descriptor: Int32, name: String, creates: Bool, empties: Bool, isSynchronous: Bool)
    /// The bytes are a range of the recording's own; `isSynced` where the call itself made them durable (RWF_DSYNC, or
    /// a descriptor with O_DSYNC).
    case write(descriptor: Int32, offset: Int, bytes: Range<Int>, isSynced: Bool)
    case truncate(descriptor: Int32, sizeBytes: Int)
    case allocate(descriptor: Int32, sizeBytes: Int)
    case synchronize(descriptor: Int32)
    case rename(String, to: String)
    case remove(String)
    case makeDirectory(String)
    case removeDirectory(String)
    case link(String, to: String)
    case close(descriptor: Int32)
    case duplicate(descriptor: Int32, as: Int32)
    /// What the recorded program said of itself, in between.
    case mark(bytes: Range<Int>)
    case map(descriptor: Int32)
    case unknown(String)
}

/// What a program did to the files below one directory, in order.
package struct Recording: Sendable {
    package let bytes: [UInt8]
    package let calls: [RecordedCall]
    /// How many writes went through descriptors with O_DSYNC.
    package let writesThroughCount: Int

    package init(contentsOf path: String) throws {
        bytes = try Array(Data(contentsOf: URL(filePath: path)))
        var reader = RecordingReader(bytes: bytes)
        var (calls, count) = ([RecordedCall](), 0)
        var synchronous: Set<Int32> = []
        while let call = try reader.next() {
            switch call {
            case .open(let descriptor, _, _, _, let isSynchronous):
                synchronous.remove(descriptor)
                if isSynchronous { synchronous.insert(descriptor) }
            case .duplicate(let descriptor, as: let other):
                synchronous.remove(other)
                if synchronous.contains(descriptor) { synchronous.insert(other) }
            case .write(let descriptor, let offset, let bytes, _) where synchronous.contains(descriptor):
                calls.append(.write(descriptor: descriptor, offset: offset, bytes: bytes, isSynced: true))
                count += 1
                continue
            default: break
            }
            calls.append(call)
        }
        self.calls = calls
        writesThroughCount = count
    }
}

/// What is wrong with a recording, or with a replay.
package struct ReplayError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
