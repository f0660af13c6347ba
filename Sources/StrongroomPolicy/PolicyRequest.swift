/// A request as policies see it. Texts are compared as bytes: nothing is normalised, decoded or trimmed here, so what
/// is decided on must be what is acted on.
package struct PolicyRequest: Sendable {
    /// Who makes it.
    package let principal: PolicyPrincipal
    /// What is to be done, such as "kms:Decrypt".
    package let action: String
    /// The ARN of what it is to be done to.
    package let resource: String
    /// What else is known, by condition key. A key without values is as good as one that is not there.
    package let context: [String: [String]]

    /// Made once: each statement is held against them.
    let principalNames: [PrincipalSet.Name]
    /// In lower case.
    let actionBytes: [UInt8]
    let resourceBytes: [UInt8]
    /// By the key in lower case; values of keys that differ only in case count as one key's.
    let values: [[UInt8]: [[UInt8]]]
    let isWithinLimits: Bool

    /// Any texts will do; a request beyond ``PolicyLimits`` is denied by every policy.
    package init(
        principal: PolicyPrincipal, action: String, resource: String, context: [String: [String]] = [:]
    ) {
        (self.principal, self.action, self.resource, self.context) = (principal, action, resource, context)
        principalNames = principal.names
        actionBytes = action.utf8.map(\.asciiLowercase)
        resourceBytes = Array(resource.utf8)
        var values: [[UInt8]: [[UInt8]]] = [:]
        var sizeBytes = principal.sizeBytes + actionBytes.count + resourceBytes.count
        var longestBytes = max(actionBytes.count, resourceBytes.count)
        var valueCount = 0
        for (key, texts) in context {
            let texts = texts.map { Array($0.utf8) }
            sizeBytes += key.utf8.count + texts.reduce(0) { $0 + $1.count }
            longestBytes = texts.reduce(longestBytes) { max($0, $1.count) }
            valueCount += texts.count
            values[key.utf8.map(\.asciiLowercase), default: []] += texts
        }
        self.values = values
        isWithinLimits =
            sizeBytes <= PolicyLimits.requestBytesMax && longestBytes <= PolicyLimits.requestTextBytesMax
            && valueCount <= PolicyLimits.requestValuesMax
    }
}
