extension Memtable {
    /// Nil, or what is wrong with the tree. Visits every node: for tests.
    package func brokenInvariant() -> String? {
        var check = MemtableCheck<Value>(entrySizeBytes: entrySizeBytes)
        check.visit(root, depth: 0, from: nil, to: nil)
        if check.count != count { check.report("count says \(count), the leaves hold \(check.count)") }
        if check.sizeBytes != sizeBytes { check.report("sizeBytes says \(sizeBytes), not \(check.sizeBytes)") }
        if root.children.count == 1 { check.report("the root has a single child") }
        return check.problem
    }

    package func checkInvariants() {
        if let problem = brokenInvariant() { preconditionFailure(problem) }
    }
}

private struct MemtableCheck<Value: Sendable> {
    let entrySizeBytes: @Sendable (_ key: [UInt8], _ value: Value) -> Int
    var count = 0
    var sizeBytes = 0
    var problem: String?
    private var leafDepth: Int?

    init(entrySizeBytes: @escaping @Sendable (_ key: [UInt8], _ value: Value) -> Int) {
        self.entrySizeBytes = entrySizeBytes
    }

    mutating func report(_ text: String) {
        if problem == nil { problem = text }
    }

    mutating func visit(_ node: MemtableNode<Value>, depth: Int, from lowerBound: [UInt8]?, to upperBound: [UInt8]?) {
        if node.keys.count > MemtableNode<Value>.capacity { report("a node is over capacity") }
        for index in node.keys.indices.dropFirst() where !ByteOrder.isLess(node.keys[index - 1], node.keys[index]) {
            report("keys of a node do not ascend")
        }
        if let lowerBound, let first = node.keys.first, ByteOrder.isLess(first, lowerBound) {
            report("a key is less than the separator before its node")
        }
        if let upperBound, let last = node.keys.last, !ByteOrder.isLess(last, upperBound) {
            report("a key is not less than the separator after its node")
        }
        if node.isLeaf {
            visitLeaf(node, depth: depth)
        } else {
            visitChildren(node, depth: depth, from: lowerBound, to: upperBound)
        }
    }

    private mutating func visitLeaf(_ leaf: MemtableNode<Value>, depth: Int) {
        if leaf.keys.count != leaf.values.count { return report("a leaf has a key without a value") }
        if leaf.keys.isEmpty, depth > 0 { report("a leaf below the root is empty") }
        if leafDepth ?? depth != depth { report("leaves are at different depths") }
        leafDepth = depth
        count += leaf.keys.count
        for (key, value) in zip(leaf.keys, leaf.values) { sizeBytes += entrySizeBytes(key, value) }
    }

    private mutating func visitChildren(
        _ node: MemtableNode<Value>, depth: Int, from lowerBound: [UInt8]?, to upperBound: [UInt8]?
    ) {
        if !node.values.isEmpty { report("an inner node holds values") }
        if node.children.count != node.keys.count + 1 { return report("separators do not match children") }
        for (index, child) in node.children.enumerated() {
            visit(
                child, depth: depth + 1,
                from: index == 0 ? lowerBound : node.keys[index - 1],
                to: index == node.keys.count ? upperBound : node.keys[index])
        }
    }
}
