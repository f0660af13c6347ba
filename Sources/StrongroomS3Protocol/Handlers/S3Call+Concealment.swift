internal import Strongroom

/// Whoever may not list a bucket is not told what is in it: what is refused because of an object's tags is refused in
/// the words that stand for an object that is not there.
extension S3Call {
    /// Whether the caller may know which keys there are.
    var mayList: Bool { authorizer.decision(.bucket("ListBucket", target.bucket ?? "")) == .allowed }

    /// Asks for a permission that tags of the object may decide on.
    func check(_ permission: Permission, more: [String: [String]] = [:]) throws(S3Error) {
        guard !conceals else { throw .accessDenied() }
        do throws(S3Error) {
            try authorizer.check(permission, more: more)
        } catch {
            let isDecidedByTags = authorizer.asksForKeys(beginningWith: TagConditions.existingPrefix)
            throw isDecidedByTags && !mayList ? .accessDenied() : error
        }
    }
}
