/// Finds what a request asks for.
enum OperationRouter {
    /// - Throws: `NotImplemented` for what S3 has and this server has not, `MethodNotAllowed` for what nobody has.
    static func operation(
        method: String, target: RequestTarget, query: RequestQuery, headers: RequestHeaders
    ) throws(S3Error) -> S3Operation {
        let scope: OperationTable.Scope =
            target.bucket == nil ? .service : target.key == nil ? .bucket : .object
        let rows = OperationTable.places[.init(method: method, scope: scope)]
        let markers = OperationTable.markers[scope] ?? []
        let names = Set(query.items.lazy.map(\.name).filter(markers.contains))
        // Two markers would let one half of a server decide on one operation, and another half do the other.
        let marked = names.compactMap { rows?.marked[$0] }
        guard marked.count <= 1 else {
            throw .invalidArgument(
                "The query asks for \(marked.map(\.meaning.name).sorted().joined(separator: " and ")) at once.")
        }
        // A subresource of another method: `DELETE ?versioning` must not delete the bucket.
        if marked.isEmpty, let other = names.min() {
            throw S3Error(
                405, "MethodNotAllowed", "The specified method is not allowed against this resource.",
                details: [.init(name: "Method", value: method), .init(name: "ResourceType", value: other)])
        }
        guard let row = marked.first ?? rows?.plain else { throw .methodNotAllowed }
        switch row.meaning {
        case .refused(let name): throw .notImplemented(name)
        case .implemented(let operation): return try refined(operation, query, headers)
        }
    }

    /// What only headers and further parameters tell.
    private static func refined(
        _ operation: S3Operation, _ query: RequestQuery, _ headers: RequestHeaders
    ) throws(S3Error) -> S3Operation {
        let copies = headers.contains("x-amz-copy-source")
        switch operation {
        case .putObject where copies: return .copyObject
        case .uploadPart where copies: return .uploadPartCopy
        case .listObjectsV2:
            guard try query.single("list-type") == "2" else {
                throw .invalidArgument("Invalid List Type specified", name: "list-type")
            }
            return operation
        default: return operation
        }
    }
}
