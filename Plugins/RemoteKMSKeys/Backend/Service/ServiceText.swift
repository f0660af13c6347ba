#if RemoteKMS
/// Text that the service chose, as messages and logs may have it.
enum ServiceText {
    /// Without what forges lines, moves a terminal's cursor or turns the direction of reading, and no longer than that.
    static func printable(_ text: String, sizeBytesMax: Int) -> String {
        var shown = String.UnicodeScalarView()
        var sizeBytes = 0
        for scalar in text.unicodeScalars {
            let scalar = isPrintable(scalar) ? scalar : "\u{FFFD}"
            sizeBytes += UTF8.width(scalar)
            guard sizeBytes <= sizeBytesMax else { break }
            shown.append(scalar)
        }
        return String(shown)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
#endif
