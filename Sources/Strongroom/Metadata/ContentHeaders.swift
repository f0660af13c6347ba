/// What a put says of how the content is to be treated, given back with it word for word. Kept sealed.
public struct ContentHeaders: Sendable, Hashable {
    /// `Cache-Control`.
    public var cacheControl: String?
    /// `Content-Disposition`.
    public var contentDisposition: String?
    /// `Content-Encoding`: how the bytes were encoded before they came here.
    public var contentEncoding: String?
    /// `Content-Language`.
    public var contentLanguage: String?
    /// `Expires`, as text: HTTP's own dates are not checked.
    public var expires: String?

    /// Headers, none where nothing is given.
    public init(
        cacheControl: String? = nil, contentDisposition: String? = nil, contentEncoding: String? = nil,
        contentLanguage: String? = nil, expires: String? = nil
    ) {
        self.cacheControl = cacheControl
        self.contentDisposition = contentDisposition
        self.contentEncoding = contentEncoding
        self.contentLanguage = contentLanguage
        self.expires = expires
    }

    /// In the order of their fields in the attribute block.
    var inOrder: [String?] { [cacheControl, contentDisposition, contentEncoding, contentLanguage, expires] }
}
