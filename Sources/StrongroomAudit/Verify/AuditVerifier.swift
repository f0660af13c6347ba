internal import StrongroomSystem
internal import SystemPackage

/// Checks a log against its checkpoints, with the public key alone: what was altered, taken away, put in, put in
/// another order; and, against the anchor, whether the end is missing or the whole was replaced.
///
/// What the newest checkpoint does not cover is checked for damage only: who can write the file can write what he
/// likes there.
package enum AuditVerifier {
    /// Reads the whole log, as it is now: what is added meanwhile is not looked at. Blocks.
    ///
    /// - Parameters:
    ///   - reader: the log.
    ///   - key: the public key; it should come from elsewhere than the log does.
    ///   - anchor: the newest checkpoint; nil compares with none.
    ///   - kept: any checkpoint that was kept elsewhere; nil compares with none.
    package static func verify(
        _ reader: AuditLogReader, key: AuditVerifierKey, anchor: SignedCheckpoint?, kept: SignedCheckpoint? = nil
    ) throws(AuditError) -> AuditReport {
        let segments = try reader.segments()
        guard let last = segments.last else { preconditionFailure("a log without segments was not refused") }
        // First, because it grows: read late, it would be far ahead of the anchor.
        let lastBytes = try reader.contents(ofSegment: last)
        var verification = AuditVerification(key: key, anchor: anchor, kept: kept)
        for first in segments.dropLast() {
            verification.read(try reader.contents(ofSegment: first), named: first, isLast: false)
        }
        verification.read(lastBytes, named: last, isLast: true)
        return verification.finished()
    }
}
