#if CommandLineTool
internal import FoundationEssentials
internal import Strongroom

extension LifecycleFile {
    /// - Throws: `invalidArgument` for what is no such file, or has more in it than is known.
    static func read(_ text: String) throws(StoreError) -> LifecycleFile {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom(date)
        do {
            let file = try decoder.decode(LifecycleFile.self, from: Data(text.utf8))
            let shape = try decoder.decode(Shape.self, from: Data(text.utf8))
            try shape.check()
            return file
        } catch let error as StoreError {
            throw error
        } catch let error as DecodingError {
            throw StoreError(.invalidArgument, "The rules cannot be read: \(error.place).")
        } catch {
            throw StoreError(.invalidArgument, "The rules are no JSON.")
        }
    }

    /// A day or a time of ISO 8601.
    @Sendable private static func date(_ decoder: any Decoder) throws -> Date {
        let value = try decoder.singleValueContainer()
        let text = try value.decode(String.self)
        let styles: [Date.ISO8601FormatStyle] = [
            .iso8601, .init(includingFractionalSeconds: true), .iso8601.year().month().day(),
        ]
        for style in styles { if let date = try? Date(text, strategy: style) { return date } }
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "This is no day and no time of ISO 8601.")
    }

    /// The names that are known, by the names of what they stand in.
    private static let known: [String: Set<String>] = [
        "": names(CodingKeys.self), "Rules": names(Rule.CodingKeys.self), "Filter": names(Filter.CodingKeys.self),
        "Tag": names(Tag.CodingKeys.self), "Tags": names(Tag.CodingKeys.self),
        "And": names(Predicates.CodingKeys.self), "Expiration": names(Expiration.CodingKeys.self),
        "NoncurrentVersionExpiration": names(NoncurrentVersionExpiration.CodingKeys.self),
        "AbortIncompleteMultipartUpload": names(AbortIncompleteMultipartUpload.CodingKeys.self),
    ]

    private static func names<Key: CodingKey & CaseIterable>(_: Key.Type) -> Set<String> {
        Set(Key.allCases.map(\.stringValue))
    }

    /// Any JSON, by its names alone.
    private indirect enum Shape: Decodable {
        case object([String: Shape])
        case array([Shape])
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let object = try? value.decode([String: Shape].self) {
                self = .object(object)
            } else if let array = try? value.decode([Shape].self) {
                self = .array(array)
            } else {
                self = .other
            }
        }

        func check(in place: String = "") throws(StoreError) {
            switch self {
            case .other: break
            case .array(let shapes): for shape in shapes { try shape.check(in: place) }
            case .object(let shapes):
                for (name, shape) in shapes {
                    guard LifecycleFile.known[place]?.contains(name) == true else {
                        throw StoreError(
                            .invalidArgument, "\(quoted(name)) is not known here, and no rule was set.")
                    }
                    try shape.check(in: name)
                }
            }
        }
    }
}

extension DecodingError {
    fileprivate var place: String {
        let context: Context? =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil
            }
        var names = context?.codingPath.map(\.stringValue) ?? []
        if case .keyNotFound(let key, _) = self { names.append(key.stringValue) }
        return names.isEmpty ? "they are no JSON of that form" : "look at \(quoted(names.joined(separator: ".")))"
    }
}
#endif
