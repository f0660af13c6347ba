internal import StrongroomSystem

/// Names of requests: in every answer, in the log and in the audit trail.
package enum RequestID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// 16 letters and digits, random.
    package static func next() -> String {
        String(decoding: SystemRandom().bytes(16).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
    }
}
