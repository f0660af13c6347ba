/// What is known of a whole image.
package struct ImageSummary: Sendable, Equatable {
    /// Every commit up to this is in it.
    package var appliedLSN: UInt64
    package var rowCount: UInt64
    package var sizeBytes: UInt64
    /// SHA-256 over header and blocks, 32 bytes: no other content has it.
    package var identity: [UInt8]
}
