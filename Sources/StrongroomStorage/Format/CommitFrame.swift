internal import StrongroomCatalog
internal import StrongroomJournal

/// One commit as the body of one journal frame: atomic by the frame's checksums.
///
///      offset  size
///           0     8   store time, milliseconds since 1970 (i64)
///           8     4   number of mutations (u32)
///          12     4   number of attachments (u32)
///          16    4·n  length of each attachment (u32)
///           –     –   mutations, one after another
///           –     –   attachments, one after another
///
///     mutation: key length u16 | kind u8 (0 delete, 1 put, 2 note) | zero u8 | row length u32 | key | row
///
/// A deleted row's length is 0. A note is for those who follow the journal (the change feed) and changes no row: it
/// has no key, its bytes stand in place of the row, and there is at most one, the last of the mutations. Rows are as
/// `StoredRowCodec` says; the bytes of an attachment stay where the frame lies, and become the row's `.segment`
/// payload. Little-endian. Part of the on-disk format: must not change without a new format version.
struct CommitFrame: Equatable, Sendable {
    /// A key and its row's bytes; nil deletes.
    struct Mutation: Equatable, Sendable {
        var key: [UInt8]
        var row: [UInt8]?
    }

    var timeMilliseconds: Int64
    var mutations: [Mutation]
    /// Empty for none.
    var note: [UInt8] = []
    /// Where each attachment lies in the body.
    var attachments: [Range<Int>]

    static let headerSizeBytes = 16
    static let mutationHeaderSizeBytes = 8
    private static let kindDelete: UInt8 = 0
    private static let kindPut: UInt8 = 1
    private static let kindNote: UInt8 = 2

    /// The body's pieces, to be written one after another without copying attachments once more, and
    /// what `init(body:)` would find in them.
    static func encode(
        timeMilliseconds: Int64, mutations: [Mutation], attachments: [[UInt8]], note: [UInt8] = []
    ) -> (frame: CommitFrame, pieces: [[UInt8]]) {
        var head: [UInt8] = []
        let headSizeBytes = sizeBytes(mutations: mutations, attachments: [], note: note) + 4 * attachments.count
        head.reserveCapacity(headSizeBytes)
        head.appendLittleEndian(timeMilliseconds)
        head.appendLittleEndian(UInt32(mutations.count + (note.isEmpty ? 0 : 1)))
        head.appendLittleEndian(UInt32(attachments.count))
        for attachment in attachments { head.appendLittleEndian(UInt32(attachment.count)) }
        for mutation in mutations { append(mutation, to: &head) }
        if !note.isEmpty { append(note: note, to: &head) }
        assert(head.count == headSizeBytes)
        var ranges: [Range<Int>] = []
        var end = head.count
        for attachment in attachments {
            ranges.append(end..<(end + attachment.count))
            end += attachment.count
        }
        let frame = CommitFrame(
            timeMilliseconds: timeMilliseconds, mutations: mutations, attachments: ranges, note: note)
        return (frame, [head] + attachments)
    }

    private static func append(_ mutation: Mutation, to bytes: inout [UInt8]) {
        bytes.appendLittleEndian(UInt16(mutation.key.count))
        bytes.append(mutation.row == nil ? kindDelete : kindPut)
        bytes.append(0)
        bytes.appendLittleEndian(UInt32(mutation.row?.count ?? 0))
        bytes.append(contentsOf: mutation.key)
        if let row = mutation.row { bytes.append(contentsOf: row) }
    }

    private static func append(note: [UInt8], to bytes: inout [UInt8]) {
        bytes.appendLittleEndian(UInt16(0))
        bytes.append(kindNote)
        bytes.append(0)
        bytes.appendLittleEndian(UInt32(note.count))
        bytes.append(contentsOf: note)
    }

    private init(timeMilliseconds: Int64, mutations: [Mutation], attachments: [Range<Int>], note: [UInt8]) {
        self.note = note
        self.timeMilliseconds = timeMilliseconds
        self.mutations = mutations
        self.attachments = attachments
    }

    static func sizeBytes(mutations: [Mutation], attachments: [[UInt8]], note: [UInt8]) -> Int {
        headerSizeBytes + (note.isEmpty ? 0 : mutationHeaderSizeBytes + note.count)
            + attachments.reduce(0) { $0 + 4 + $1.count }
            + mutations.reduce(0) { $0 + mutationHeaderSizeBytes + $1.key.count + ($1.row?.count ?? 0) }
    }

    /// Nil when `body` is no commit: every length is checked, and what `encode` would not write is refused.
    init?(body: [UInt8]) {
        var reader = ByteReader(body)
        guard let time = reader.integer(Int64.self), let mutationCount = reader.integer(UInt32.self),
            let attachmentCount = reader.integer(UInt32.self),
            // Bounds the reservations below by what is there, whatever the counts claim.
            Int(attachmentCount) <= reader.remaining / 4
        else { return nil }
        var lengths: [Int] = []
        lengths.reserveCapacity(Int(attachmentCount))
        for _ in 0..<attachmentCount {
            guard let length = reader.integer(UInt32.self) else { return nil }
            lengths.append(Int(length))
        }
        guard Int(mutationCount) <= reader.remaining / Self.mutationHeaderSizeBytes else { return nil }
        var mutations: [Mutation] = []
        mutations.reserveCapacity(Int(mutationCount))
        for index in 0..<mutationCount {
            if index == mutationCount - 1, let note = Self.note(&reader) {
                self.note = note
                break
            }
            guard let mutation = Self.mutation(&reader, in: body, attachmentCount: lengths.count) else { return nil }
            mutations.append(mutation)
        }
        attachments = []
        attachments.reserveCapacity(lengths.count)
        for length in lengths {
            guard let range = reader.skip(length) else { return nil }
            attachments.append(range)
        }
        guard reader.remaining == 0 else { return nil }
        timeMilliseconds = time
        self.mutations = mutations
    }

    /// Nil, with nothing read, where what comes is no note.
    private static func note(_ reader: inout ByteReader) -> [UInt8]? {
        var ahead = reader
        guard ahead.integer(UInt16.self) == 0, ahead.integer(UInt8.self) == kindNote, ahead.integer(UInt8.self) == 0,
            let sizeBytes = ahead.integer(UInt32.self), sizeBytes > 0, let note = ahead.bytes(Int(sizeBytes))
        else { return nil }
        reader = ahead
        return note
    }

    private static func mutation(_ reader: inout ByteReader, in body: [UInt8], attachmentCount: Int) -> Mutation? {
        guard let keyLength = reader.integer(UInt16.self), let kind = reader.integer(UInt8.self),
            reader.integer(UInt8.self) == 0, let rowLength = reader.integer(UInt32.self),
            keyLength > 0, Int(keyLength) <= KeySpace.keyLengthMaximum, let key = reader.bytes(Int(keyLength))
        else { return nil }
        switch kind {
        case kindDelete: return rowLength == 0 ? Mutation(key: key, row: nil) : nil
        case kindPut:
            guard rowLength <= KeySpace.rowLengthMaximum, let row = reader.bytes(Int(rowLength)) else { return nil }
            if row.first == StoredRowCodec.Home.attachment.rawValue {
                guard let (index, _) = StoredRowCodec.decodeAttachment(row), index < attachmentCount
                else { return nil }
            } else if StoredRowCodec.decodePayload(row) == nil {
                return nil
            }
            return Mutation(key: key, row: row)
        default: return nil
        }
    }

    /// What the commit does to the tables when its frame's body lies at `place`: rows whose payload is
    /// an attachment get its place in the segment.
    func changes(at place: FrameLocation) -> [RowChange] {
        mutations.map { mutation in
            guard let row = mutation.row else { return RowChange(key: mutation.key, entry: .deleted) }
            guard row.first == StoredRowCodec.Home.attachment.rawValue else {
                return RowChange(key: mutation.key, entry: .put(row))
            }
            guard let (index, valueStart) = StoredRowCodec.decodeAttachment(row) else {
                preconditionFailure("rows are checked when frames are decoded")
            }
            let range = attachments[index]
            let payload = PayloadLocation.segment(
                id: place.segmentID, offset: place.bodyOffset + UInt64(range.lowerBound),
                lengthBytes: UInt32(range.count))
            let resolved = StoredRowCodec.encode(value: Array(row[valueStart...]), payload: payload)
            return RowChange(key: mutation.key, entry: .put(resolved))
        }
    }
}
