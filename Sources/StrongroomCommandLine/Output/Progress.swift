#if CommandLineTool
/// How far a long piece of work is: pure numbers and how they are shown.
struct Progress: Sendable {
    /// What the work is called: “import”.
    var title: String
    var objects: UInt64 = 0
    var objectsTotal: UInt64?
    var bytes: UInt64 = 0
    var bytesTotal: UInt64?

    /// One line of at most `width` columns: bar, objects, bytes, rate, time left.
    func line(elapsed: Duration, width: Int) -> String {
        let seconds = max(elapsed.seconds, 0.001)
        let rate = Double(bytes) / seconds
        var parts: [String] = []
        parts.append(
            objectsTotal.map { "\(HumanUnits.count(objects))/\(HumanUnits.count($0))" }
                ?? HumanUnits.count(objects))
        parts.append(HumanUnits.bytes(bytes))
        parts.append("\(HumanUnits.bytes(UInt64(rate)))/s")
        if let fraction, fraction > 0, elapsed >= .seconds(1) {
            let left = seconds / fraction - seconds
            parts.append("\(HumanUnits.duration(.seconds(left))) left")
        }
        let numbers = parts.joined(separator: "  ")
        let space = width - title.count - numbers.count - 4
        guard let fraction, space >= 10 else { return String("\(title)  \(numbers)".prefix(width)) }
        let barWidth = min(space - 2, 40)
        let filled = Int((Double(barWidth) * fraction).rounded(.down))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
        return "\(title)  \(bar)  \(numbers)"
    }

    /// 0 to 1; by bytes, or by objects where all of them are empty.
    var fraction: Double? {
        if let bytesTotal, bytesTotal > 0 { return min(1, Double(bytes) / Double(bytesTotal)) }
        if let objectsTotal, objectsTotal > 0 { return min(1, Double(objects) / Double(objectsTotal)) }
        return nil
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
#endif
