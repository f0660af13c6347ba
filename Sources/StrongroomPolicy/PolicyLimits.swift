/// What bounds the time that a policy and a request may take, whoever wrote them.
package enum PolicyLimits {
    /// Bytes of a document, as for a key policy of KMS.
    package static let documentBytesMax = 32_768
    /// How deep objects and arrays are nested; the language itself needs seven.
    package static let depthMax = 16
    /// Texts with policy variables in a document: each becomes a machine of its own for each request.
    package static let variableTextsMax = 64
    /// Bytes of one text of a request, as many as an encryption context may have. Variables make patterns as long as
    /// texts are, and so time grows with this squared.
    package static let requestTextBytesMax = 8_192
    /// Bytes of a request: names and values together. What is larger is denied unread.
    package static let requestBytesMax = 65_536
    /// Values of a request's context. What has more is denied unread.
    package static let requestValuesMax = 8_192
}
