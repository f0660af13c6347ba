extension CrashScript {
    /// What was found wrong, if anything. A run of writers at once is repeated, for it is not the same each time.
    func failure() async -> (any Error)? {
        for _ in 0..<(isInTurn ? 1 : 3) {
            do {
                _ = try await run()
            } catch {
                return error
            }
        }
        return nil
    }

    /// The shortest script found that fails as well; by one writer, where that fails.
    func shrunk() async -> CrashScript {
        var script = self
        script.isInTurn = true
        if await script.failure() == nil { script = self }
        let base = script
        let steps = await shortest(of: script.steps) { await base.keeping($0).failure() != nil }
        return base.keeping(steps)
    }

    /// What it is made from.
    var name: String { "seed \(seed), \(crashes) crashes, \(operationsPerLife) operations a life" }

    /// For whoever reads of a failure: how to have it again, and what is left when it is shrunk.
    func report(_ error: any Error) async -> String {
        let script = await shrunk()
        let numbers = script.steps.map { String($0.number) }.joined(separator: ", ")
        let listing = script.steps.map { "\n  \($0)" }.joined()
        return """
            \(name): \(error)
            the shortest script found that fails\(script.isInTurn ? ", by one writer" : "") (keeping: [\(numbers)]):\(listing)
            """
    }
}

/// Delta debugging: leaves out halves, quarters and so on to single elements, for as long as the rest still fails.
///
/// - Parameters:
///   - elements: that fail.
///   - limit: how often it is tried at most.
func shortest<Element>(
    of elements: [Element], limit: Int = 500, fails: ([Element]) async -> Bool
) async -> [Element] {
    var elements = elements
    var attempts = 0
    var count = max(1, elements.count / 2)
    while true {
        let countBefore = elements.count
        var start = 0
        while start < elements.count {
            guard attempts < limit else { return elements }
            attempts += 1
            var rest = elements
            rest.removeSubrange(start..<min(start + count, elements.count))
            if await fails(rest) { elements = rest } else { start += count }
        }
        // Of single ones until none of them can go: that one went may let another go.
        if count > 1 { count /= 2 } else if elements.count == countBefore { return elements }
    }
}
