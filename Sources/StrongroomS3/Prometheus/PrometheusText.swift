/// The format's spelling.
enum PrometheusText {
    /// Letters, digits, `_` and `:`; everything else becomes `_`.
    static func name(_ label: String) -> String {
        var bytes = label.utf8.map { isAllowed($0) || $0 == 0x3A ? $0 : 0x5F }
        if let first = bytes.first, (0x30...0x39).contains(first) { bytes.insert(0x5F, at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `a="1",b="2"`, by name; empty where there are none.
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { $0.0 < $1.0 }.map { dimension in
            let name = String(decoding: dimension.0.utf8.map { isAllowed($0) ? $0 : 0x5F }, as: UTF8.self)
            return "\(name)=\"\(escaped(dimension.1))\""
        }.joined(separator: ",")
    }

    /// `name{labels} value`
    static func line(_ name: String, _ labels: String, _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// Whole numbers without a fraction, which is how people write them.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { String($0) } ?? String(value)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
