extension String {
    /// What a module says, for people: control characters could forge lines in a log or on a terminal.
    var withoutControlCharacters: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(scalar.properties.generalCategory == .control ? " " : scalar) }
        return String(text)
    }
}
