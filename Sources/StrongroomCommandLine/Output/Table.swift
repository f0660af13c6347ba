#if CommandLineTool
/// Columns of text, numbers to the right.
struct Table {
    enum Alignment { case left, right }

    var columns: [(title: String, alignment: Alignment)]
    var rows: [[String]] = []

    init(_ columns: (String, Alignment)...) {
        self.columns = columns.map { (title: $0.0, alignment: $0.1) }
    }

    mutating func add(_ cells: String...) {
        precondition(cells.count == columns.count, "a row has one cell per column")
        rows.append(cells)
    }

    /// Lines without a newline at the end, each indented by two spaces.
    var lines: [String] {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            var text = " "
            for (index, cell) in cells.enumerated() {
                let space = String(repeating: " ", count: widths[index] - cell.count)
                text += " " + (columns[index].alignment == .right ? space + cell : cell + space) + " "
            }
            while text.hasSuffix(" ") { text.removeLast() }
            return text
        }
        let rule = "  " + widths.map { String(repeating: "─", count: $0) }.joined(separator: "──")
        return [line(columns.map(\.title)), rule] + rows.map(line)
    }
}
#endif
