extension KeyService {
    /// Items that a list answers where no limit is given; at most 1000 may be asked for.
    public static var pageSizeDefault: Int { 100 }

    /// The first items of a list, and the one that the next page starts with.
    static func page<Item>(
        of rest: ArraySlice<Item>, _ limit: Int
    ) throws(KeyServiceError) -> (items: ArraySlice<Item>, next: Item?) {
        guard (1...KeyLimits.pageSizeMax).contains(limit) else {
            throw KeyServiceError.outOfRange("limit", limit, 1...KeyLimits.pageSizeMax)
        }
        return (rest.prefix(limit), rest.dropFirst(limit).first)
    }

    static func invalidMarker(_ marker: String) -> KeyServiceError {
        KeyServiceError(
            .invalidMarker, "'\(marker.prefix(128))' is no marker of this list; start again without one.")
    }
}
