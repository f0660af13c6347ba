/// `Tagging`, of objects and of buckets.
package enum TagDocument {
    package static func root(_ tags: [String: String]) -> DocumentElement {
        let sorted = tags.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return .root(
            "Tagging",
            [
                DocumentElement(
                    "TagSet",
                    sorted.map { name, value in
                        DocumentElement(
                            "Tag", [DocumentElement("Key", text: name), DocumentElement("Value", text: value)])
                    })
            ])
    }

    /// - Throws: `MalformedXML`; `InvalidTag` for a name that comes twice.
    package static func tags(_ root: DocumentElement) throws(S3Error) -> [String: String] {
        try root.check(known: ["TagSet"])
        guard let set = try root.child("TagSet") else { throw .malformedXML("Tagging has no TagSet.") }
        try set.check(known: ["Tag"])
        var tags: [String: String] = [:]
        for element in set.children {
            try element.check(known: ["Key", "Value"])
            let name = try element.required("Key")
            guard tags.updateValue(try element.required("Value"), forKey: name) == nil else {
                throw S3Error(400, "InvalidTag", "Cannot provide multiple Tags with the same key")
            }
        }
        return tags
    }
}
