internal import Strongroom
internal import StrongroomSignature

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What a request's headers say of the object that it stores.
enum ObjectHeaders {
    static let metadataPrefix = "x-amz-meta-"

    /// - Throws: S3's refusals of what is not valid.
    static func putOptions(
        _ headers: RequestHeaders, _ customerKeys: CustomerKeyHeaders
    ) throws(S3Error) -> PutOptions {
        PutOptions(
            encryption: try EncryptionHeaders.request(headers, customerKeys),
            contentType: try headers.single("content-type") ?? "binary/octet-stream",
            metadata: metadata(headers), headers: try content(headers), tags: try tags(headers) ?? .none,
            storageClass: try storageClass(headers), etag: .md5, retention: try retention(headers),
            legalHold: try legalHold(headers))
    }

    /// Names are opaque, none is reserved. Several headers of one name are one value.
    static func metadata(_ headers: RequestHeaders) -> [String: String] {
        var metadata: [String: String] = [:]
        for (name, value) in headers.beginning(with: metadataPrefix) {
            let name = String(name.dropFirst(metadataPrefix.count))
            metadata[name] = metadata[name].map { "\($0),\(value.trimmingBlanks)" } ?? value.trimmingBlanks
        }
        return metadata
    }

    static func content(_ headers: RequestHeaders) throws(S3Error) -> ContentHeaders {
        ContentHeaders(
            cacheControl: try headers.single("cache-control"),
            contentDisposition: try headers.single("content-disposition"), contentEncoding: encoding(headers),
            contentLanguage: try headers.single("content-language"), expires: try headers.single("expires"))
    }

    /// Without `aws-chunked`, which says how this request was sent and nothing of the object.
    private static func encoding(_ headers: RequestHeaders) -> String? {
        let encodings = headers.values("content-encoding")
            .flatMap { $0.split(separator: ",").map(\.trimmingBlanks) }
            .filter { $0.lowercased() != "aws-chunked" && !$0.isEmpty }
        return encodings.isEmpty ? nil : encodings.joined(separator: ",")
    }

    /// `name=value&…`, encoded as a query is.
    static func tags(_ headers: RequestHeaders) throws(S3Error) -> ObjectTags? {
        guard let text = try headers.single("x-amz-tagging") else { return nil }
        var tags: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = URIEncoding.decode(parts[0], plusIsSpace: true),
                let value = URIEncoding.decode(parts.count == 2 ? parts[1] : "", plusIsSpace: true)
            else {
                throw .invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded.")
            }
            guard tags.updateValue(value, forKey: name) == nil else {
                throw S3Error(400, "InvalidTag", "Cannot provide multiple Tags with the same key")
            }
        }
        return try checked(tags)
    }

    static func checked(_ tags: [String: String]) throws(S3Error) -> ObjectTags {
        do throws(StoreError) {
            return try ObjectTags(tags)
        } catch {
            throw S3Error(error)
        }
    }

    static func storageClass(_ headers: RequestHeaders) throws(S3Error) -> StorageClass {
        guard let name = try headers.single("x-amz-storage-class") else { return .standard }
        do throws(StoreError) {
            return try StorageClass(name)
        } catch {
            throw S3Error(
                400, "InvalidStorageClass", "The storage class you specified is not valid",
                details: [.init(name: "StorageClassRequested", value: String(name.prefix(64)))])
        }
    }

    // MARK: - Locks

    static let lockMode = "x-amz-object-lock-mode"
    static let lockDate = "x-amz-object-lock-retain-until-date"
    static let lockHold = "x-amz-object-lock-legal-hold"

    static func retention(_ headers: RequestHeaders) throws(S3Error) -> Retention? {
        let mode = try headers.single(lockMode)
        let date = try headers.single(lockDate)
        guard let mode, let date else {
            guard mode == nil, date == nil else {
                throw .invalidArgument("\(lockDate) and \(lockMode) must both be supplied", name: lockMode)
            }
            return nil
        }
        guard let known = RetentionText.mode(mode) else {
            throw .invalidArgument("Unknown wormMode directive.", name: lockMode, value: String(mode.prefix(64)))
        }
        guard let until = TimeText.date(iso8601: date) else {
            throw .invalidArgument("The retain until date must be provided in ISO 8601 format", name: lockDate)
        }
        return Retention(mode: known, until: until)
    }

    static func legalHold(_ headers: RequestHeaders) throws(S3Error) -> Bool {
        switch try headers.single(lockHold) {
        case nil, "OFF": false
        case "ON": true
        case let other?:
            throw .invalidArgument(
                "Legal Hold must be either of 'ON' or 'OFF'", name: lockHold, value: String(other.prefix(64)))
        }
    }

    // MARK: - Conditions

    /// Of a request that reads; `prefix` is `x-amz-copy-source-` for a copy's source.
    static func readConditions(
        _ headers: RequestHeaders, prefix: String = ""
    ) throws(S3Error) -> ReadConditions {
        ReadConditions(
            matches: etags(headers.values(prefix + "if-match")),
            differs: etags(headers.values(prefix + "if-none-match")),
            modifiedSince: try moment(headers, prefix + "if-modified-since"),
            notModifiedSince: try moment(headers, prefix + "if-unmodified-since"))
    }

    /// The last moment of the second that a header names: clients know of an object's time no more than its second.
    private static func moment(_ headers: RequestHeaders, _ name: String) throws(S3Error) -> Date? {
        try headers.single(name).flatMap(TimeText.date(header:)).map { $0.addingTimeInterval(0.999) }
    }

    /// Of a request that writes.
    static func writeCondition(_ headers: RequestHeaders) throws(S3Error) -> WriteCondition? {
        let matches = try headers.single("if-match")
        let differs = try headers.single("if-none-match")
        switch (matches, differs) {
        case (nil, nil): return nil
        case (nil, "*"): return .absent
        case (nil, .some): throw .notImplemented("If-None-Match")
        case ("*", nil): return .present
        case (let etag?, nil): return .matches(etag.unquotedETag)
        case (.some, .some):
            throw .invalidRequest("If-Match and If-None-Match do not go together; send one of them.")
        }
    }

    private static func etags(_ values: [String]) -> [String]? {
        let tags = values.flatMap { $0.split(separator: ",") }.map { $0.trimmingBlanks.unquotedETag }
        return tags.isEmpty ? nil : tags
    }
}

extension String {
    /// An entity tag without its quotation marks and without the mark of a weak one.
    var unquotedETag: String {
        var tag = Substring(self)
        if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
        if tag.utf8.count >= 2, tag.hasPrefix("\""), tag.hasSuffix("\"") { tag = tag.dropFirst().dropLast() }
        return String(tag)
    }

    var quotedETag: String { "\"\(self)\"" }
}
