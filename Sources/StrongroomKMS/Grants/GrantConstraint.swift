public import StrongroomKeys
internal import StrongroomPolicy

/// Which encryption contexts a grant is about. Operations that have none are not constrained.
public enum GrantConstraint: Sendable, Hashable {
    /// Those that have exactly these pairs.
    case equals(EncryptionContext)
    /// Those that have these pairs, and perhaps others.
    case includes(EncryptionContext)

    /// KMS's name.
    var name: String {
        switch self {
        case .equals: "EncryptionContextEquals"
        case .includes: "EncryptionContextSubset"
        }
    }

    var context: EncryptionContext {
        switch self {
        case .equals(let context), .includes(let context): context
        }
    }

    func allows(_ context: EncryptionContext) -> Bool {
        switch self {
        case .equals(let wanted): Self.contains(context, wanted) && Self.contains(wanted, context)
        case .includes(let wanted): Self.contains(context, wanted)
        }
    }

    /// Whether whatever this allows is allowed by the other one, too.
    func isAtLeastAsStrict(as other: GrantConstraint) -> Bool {
        switch (self, other) {
        case (.equals(let mine), _): other.allows(mine)
        case (.includes(let mine), .includes(let theirs)): Self.contains(mine, theirs)
        case (.includes, .equals): false
        }
    }

    /// Values are compared as bytes, names without regard to their letters' case (KMS API Reference,
    /// "GrantConstraints").
    private static func contains(_ context: EncryptionContext, _ wanted: EncryptionContext) -> Bool {
        wanted.pairs.allSatisfy { pair in
            context.pairs.contains {
                $0.name.utf8.lazy.map(\.asciiLowercase).elementsEqual(pair.name.utf8.lazy.map(\.asciiLowercase))
                    && $0.value.utf8.elementsEqual(pair.value.utf8)
            }
        }
    }
}
