/// A text of a policy, taken apart into what it says: bytes, wildcards, variables.
struct PolicyPattern: Sendable {
    enum Token {
        case byte(UInt8)
        /// `?`: one character, which in UTF-8 may be several bytes.
        case anyCharacter(Reach)
        /// `*`: any characters, or none.
        case anyRun(Reach)
        /// By its index among the pattern's variables, so that tokens are plain bytes: a document has very many.
        case variable(Int, Reach)
    }

    /// What a wildcard or a variable may stand for.
    enum Reach {
        case anything
        /// Anything without a colon: it stands in one of an ARN's first five components.
        case component
    }

    var tokens: [Token] = []
    var variables: [PolicyVariable] = []
    /// Where it stands in the document.
    let offset: Int

    init(offset: Int) { self.offset = offset }

    var hasVariables: Bool { !variables.isEmpty }

    struct Beginning: Sendable {
        var bytes: [UInt8]
        /// Whether nothing comes behind it: the pattern has neither wildcards nor variables.
        var isAll: Bool
    }

    /// The bytes before the first wildcard or variable.
    var beginning: Beginning {
        var bytes: [UInt8] = []
        for token in tokens {
            guard case .byte(let byte) = token else { return Beginning(bytes: bytes, isAll: false) }
            bytes.append(byte)
        }
        return Beginning(bytes: bytes, isAll: true)
    }

    /// The pattern with its variables replaced; nil where one has no value. What has more literal bytes than
    /// `longestBytes` is like no text that short, so it is not written out: variables must not make patterns grow.
    func resolved(
        for request: PolicyRequest, folding: Folding, longestBytes: Int
    ) -> Resolution {
        var tokens: [Token] = []
        var literalBytes = 0
        for token in self.tokens {
            switch token {
            case .byte:
                tokens.append(token)
                literalBytes += 1
            case .anyCharacter, .anyRun: tokens.append(token)
            case .variable(let index, let reach):
                guard let value = variables[index].value(in: request) else { return .unresolved }
                let text = folding.folded(value)
                // A value with colons would shift the ARN's other components.
                if reach == .component, text.contains(UInt8(ascii: ":")) { return .likeNothing }
                literalBytes += text.count
                // Nothing that is replaced here is a wildcard, whatever it holds.
                if literalBytes <= longestBytes { tokens += text.map(Token.byte) }
            }
            if literalBytes > longestBytes { return .likeNothing }
        }
        return .tokens(tokens)
    }

    enum Resolution {
        case tokens([Token])
        case likeNothing
        case unresolved
    }
}

/// `${key}` or `${key, 'default'}`.
struct PolicyVariable: Sendable {
    /// In lower case.
    let key: [UInt8]
    let defaultText: [UInt8]?

    /// Its value; the default stands in where the key is not there. A key with several values gives none: which of
    /// them is meant?
    func value(in request: PolicyRequest) -> [UInt8]? {
        let values = request.values[key] ?? []
        return values.isEmpty ? defaultText : values.count == 1 ? values[0] : nil
    }
}

/// Which letters count as the same.
enum Folding: Sendable {
    /// Bytes are themselves.
    case none
    /// A to Z and a to z.
    case ascii
    /// All that Unicode maps to one lower-case letter.
    case unicode

    func folded(_ text: [UInt8]) -> [UInt8] {
        switch self {
        case .none: text
        case .ascii: text.map(\.asciiLowercase)
        case .unicode: Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
        }
    }
}
