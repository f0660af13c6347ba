#if CommandLineTool
/// Numbers as people read them.
enum HumanUnits {
    /// Binary units with one decimal: `1.5 MiB`; below a KiB the exact count.
    static func bytes(_ count: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = -1
        // 1023.95 would print as 1024.0 of the smaller unit.
        while value >= 1023.95, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(oneDecimal(value)) \(units[max(unit, 0)])"
    }

    /// Thousands apart: `12,345`.
    static func count(_ value: UInt64) -> String {
        var text = ""
        for (index, digit) in String(value).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `7 s`, `2 min 05 s`, `3 h 12 min`.
    static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if seconds >= 3600 { return "\(seconds / 3600) h \(padded(seconds % 3600 / 60)) min" }
        if seconds >= 60 { return "\(seconds / 60) min \(padded(seconds % 60)) s" }
        return "\(seconds) s"
    }

    static func oneDecimal(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension Duration {
    /// `12.3 s`
    var formattedSeconds: String { "\(HumanUnits.oneDecimal(seconds)) s" }
}
#endif
