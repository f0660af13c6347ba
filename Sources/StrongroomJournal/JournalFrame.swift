/// Where a frame's body lies.
package struct FrameLocation: Hashable, Sendable {
    package var segmentID: UInt64
    /// Offset of the body's first byte in the segment's file.
    package var bodyOffset: UInt64

    package init(segmentID: UInt64, bodyOffset: UInt64) {
        self.segmentID = segmentID
        self.bodyOffset = bodyOffset
    }
}

/// A frame whose checksums hold.
package struct JournalFrame: Equatable, Sendable {
    package var type: FrameType
    package var lsn: UInt64
    /// How far the log was durable when this frame was written.
    package var syncedLSN: UInt64
    package var body: [UInt8]

    package enum DecodingFailure: Error, Equatable {
        /// Fewer bytes than the header or the body takes.
        case truncated
        case damagedHeader
        /// A frame of another segment, or of an earlier life of this one.
        case foreign
        case damagedBody
        /// Whole, but of a type or with flags that this version does not know.
        case unknown
    }

    /// Decodes the frame that `bytes` begin with. Total: any bytes give a frame or a failure.
    package static func decode(_ bytes: RawSpan, salt: UInt64) -> Result<JournalFrame, DecodingFailure> {
        guard bytes.byteCount >= FrameHeader.sizeBytes else { return .failure(.truncated) }
        guard let header = FrameHeader.decode(bytes) else { return .failure(.damagedHeader) }
        guard header.salt == salt else { return .failure(.foreign) }
        guard header.frameBytes <= UInt64(bytes.byteCount) else { return .failure(.truncated) }
        let body = bytes.extracting(FrameHeader.sizeBytes..<Int(header.frameBytes))
        guard header.matches(body: body) else { return .failure(.damagedBody) }
        guard header.isKnown else { return .failure(.unknown) }
        // Safe: copies the bytes while the span lives.
        return .success(
            JournalFrame(
                type: header.type, lsn: header.lsn, syncedLSN: header.syncedLSN,
                body: unsafe body.withUnsafeBytes { unsafe Array($0) }))
    }
}
