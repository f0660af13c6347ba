extension SourceTree.File {
    struct Function: Equatable {
        var firstLine: Int
        var lineCount: Int
    }

    var numberedLines: [(number: Int, line: Substring)] {
        lines.enumerated().map { ($0.offset + 1, $0.element) }
    }

    /// Functions, by indentation: the formatter guarantees that the brace which closes a declaration
    /// stands alone in the declaration's own column.
    var functions: [Function] {
        var found: [Function] = []
        for (number, line) in numberedLines where line.trimmed.declaresFunction {
            let closing = line.prefix { $0 == " " } + "}"
            guard !line.hasSuffix("}"), let end = lines[number...].firstIndex(of: closing) else { continue }
            found.append(Function(firstLine: number, lineCount: end - number + 2))
        }
        return found
    }
}

extension Substring {
    var trimmed: Substring {
        drop { $0 == " " }
    }

    var declaresFunction: Bool {
        let modifiers: Set<Substring> = [
            "public", "package", "private", "internal", "fileprivate", "static", "mutating", "nonisolated", "consuming",
            "borrowing", "override", "final", "convenience", "required", "isolated",
        ]
        for word in split(separator: " ") {
            if word.hasPrefix("@") || modifiers.contains(word) { continue }
            return word == "func" || word.hasPrefix("init(") || word.hasPrefix("init<") || word.hasPrefix("init?")
        }
        return false
    }
}
