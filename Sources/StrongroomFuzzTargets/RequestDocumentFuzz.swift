internal import Strongroom
internal import StrongroomS3Protocol

/// Clients write the documents that configure buckets and complete uploads: any bytes are read or refused, and what was
/// read, written again, is read as the same.
public func fuzzRequestDocument(_ input: RawSpan) {
    var input = FuzzInput(input)
    let roots = [
        "CORSConfiguration", "Tagging", "Delete", "ServerSideEncryptionConfiguration", "a", "LifecycleConfiguration",
    ]
    let root = roots[Int(input.byte()) % roots.count]
    let text = input.rest()
    // As a server does before it reads one.
    guard text.count <= S3Settings.documentLimitBytes, let element = document(text, root) else { return }
    guard element.name == root else { finding("a document under another name is read") }
    switch root {
    case "CORSConfiguration": checkRules(element)
    case "Tagging": checkTags(element)
    case "Delete": _ = try? DeleteList(element)
    case "ServerSideEncryptionConfiguration": _ = try? EncryptionDocument(element)
    case "LifecycleConfiguration": checkLifecycle(element)
    default: break
    }
    do throws(S3Error) {
        guard document(try DocumentWriter.bytes(element), root) == element else {
            finding("a document that is written again is another one")
        }
    } catch {
        finding("what was read cannot be written: \(error)")
    }
}

private func document(_ text: [UInt8], _ root: String) -> DocumentElement? {
    try? DocumentReader.read(text, root: root)
}

/// A rule for all origins, methods and headers that a rule names is found again.
private func checkRules(_ element: DocumentElement) {
    guard let document = try? CrossOriginDocument(element), let rule = document.rules.first else { return }
    guard let origin = rule.allowedOrigins.first, let method = rule.allowedMethods.first else {
        finding("a rule allows nothing and is accepted")
    }
    let plain = origin.split(separator: "*", omittingEmptySubsequences: false).joined(separator: "x")
    guard document.rule(origin: plain, method: method, headers: []) == rule else {
        finding("a rule does not match what it allows")
    }
}

private func checkLifecycle(_ element: DocumentElement) {
    guard let rules = try? LifecycleDocument.configuration(element, newID: { "a" }) else { return }
    guard (try? LifecycleDocument.configuration(LifecycleDocument.root(rules), newID: { "b" })) == rules else {
        finding("lifecycle rules are not what they were")
    }
}

private func checkTags(_ element: DocumentElement) {
    guard let tags = try? TagDocument.tags(element) else { return }
    guard (try? TagDocument.tags(TagDocument.root(tags))) == tags else { finding("tags are not what they were") }
}
