internal import StrongroomS3Protocol
internal import StrongroomSignature

/// Headers that say which bytes and which object a request means: any text is read or refused. A range lies within its
/// object, and the source of a copy, written anew, is the same source.
public func fuzzRequestParts(_ input: RawSpan) {
    var input = FuzzInput(input)
    let sizeBytes = input.byte().isMultiple(of: 2) ? UInt64(input.byte()) : input.integer(UInt64.self)
    let parts = input.rest().split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
    checkRange(parts[0], sizeBytes)
    if parts.count > 1 { checkCopySource(parts[1]) }
    if parts.count > 2 { checkTarget(path: parts[2], host: parts[1]) }
}

private func checkRange(_ header: String, _ sizeBytes: UInt64) {
    guard let range = ByteRange(header: header), let resolved = range.resolved(sizeBytes: sizeBytes) else { return }
    guard !resolved.isEmpty, resolved.upperBound <= sizeBytes else { finding("a range is outside of its object") }
    if case .last(let count) = range {
        guard resolved.upperBound == sizeBytes, UInt64(resolved.count) <= count else {
            finding("the end of an object is somewhere else")
        }
    }
}

private func checkCopySource(_ header: String) {
    guard let source = copySource(header) else { return }
    guard let bucket = source.target.bucket, let key = source.target.key, !bucket.isEmpty, !key.isEmpty,
        !bucket.utf8.contains(UInt8(ascii: "/"))
    else { finding("the source of a copy has no bucket or no key") }
    let version = source.versionID.map { "?versionId=\($0)" } ?? ""
    let again = copySource("/\(URIEncoding.encode(bucket))/\(URIEncoding.encode(key, keepsSlash: true))\(version)")
    guard let again, Array((again.target.bucket ?? "").utf8) == Array(bucket.utf8),
        Array((again.target.key ?? "").utf8) == Array(key.utf8), again.versionID == source.versionID
    else { finding("the source of a copy, written anew, is another one") }
}

private func copySource(_ header: String) -> CopySource? {
    try? CopySource(RequestHeaders([(name: "x-amz-copy-source", value: header)]))
}

/// The same path means the same, with its bucket before it or in the host.
private func checkTarget(path: String, host: String) {
    let target = RequestTarget(path: path, host: host, domains: [])
    guard let bucket = target.bucket, !bucket.isEmpty, bucket == bucket.lowercased(),
        path.utf8.first == UInt8(ascii: "/")
    else { return }
    let inHost = RequestTarget(path: "/\(target.key ?? "")", host: "\(bucket).s3.test:80", domains: ["s3.test"])
    guard Array((inHost.bucket ?? "").utf8) == Array(bucket.utf8), inHost.key == target.key else {
        finding("a bucket in the host is another one than in the path")
    }
}
