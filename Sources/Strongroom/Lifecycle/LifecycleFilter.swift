/// Which objects a rule concerns: those of which all is true that the filter says. One that says nothing is true of
/// all.
///
/// Delete markers and uploads have neither tags nor a size: a filter that asks for one is never true of them.
public struct LifecycleFilter: Sendable, Hashable {
    /// The key begins so; nil and the empty string for any key.
    public var prefix: String?
    /// The object has all of these tags, and may have others.
    public var tags: ObjectTags
    /// The object has more bytes than so many.
    public var isLargerThanBytes: UInt64?
    /// The object has fewer bytes than so many.
    public var isSmallerThanBytes: UInt64?

    /// A filter of what is given; without anything of all objects.
    public init(
        prefix: String? = nil, tags: ObjectTags = .none, isLargerThanBytes: UInt64? = nil,
        isSmallerThanBytes: UInt64? = nil
    ) {
        self.prefix = prefix
        self.tags = tags
        self.isLargerThanBytes = isLargerThanBytes
        self.isSmallerThanBytes = isSmallerThanBytes
    }

    var hasSizes: Bool { isLargerThanBytes != nil || isSmallerThanBytes != nil }

    private var asksOfObjects: Bool { hasSizes || !tags.values.isEmpty }

    func isTrue(ofKey key: some Collection<UInt8>) -> Bool { prefix.map { key.starts(with: $0.utf8) } ?? true }

    /// Of a key whose newest version says that there is no object, or of an upload.
    func isTrue(ofNoObjectAt key: some Collection<UInt8>) -> Bool { !asksOfObjects && isTrue(ofKey: key) }

    func isTrue(ofKey key: some Collection<UInt8>, sizeBytes: UInt64, tags objectTags: [String: String]) -> Bool {
        isTrue(ofKey: key) && isLargerThanBytes.map { sizeBytes > $0 } ?? true
            && isSmallerThanBytes.map { sizeBytes < $0 } ?? true
            && tags.values.allSatisfy { objectTags[$0.key] == $0.value }
    }
}
