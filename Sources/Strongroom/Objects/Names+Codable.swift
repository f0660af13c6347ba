// Names in an application's own files and messages: as plain strings, held to their rules when they are read.

extension ObjectKey: Codable {
    /// Reads a string; one that is no key is a `DecodingError`.
    public init(from decoder: any Decoder) throws {
        self = try decoder.checkedString { text throws(StoreError) in try ObjectKey(text) }
    }

    /// Writes ``rawValue``.
    public func encode(to encoder: any Encoder) throws { try encoder.encodeString(rawValue) }
}

extension BucketName: Codable {
    /// Reads a string; one that is no bucket's name is a `DecodingError`.
    public init(from decoder: any Decoder) throws {
        self = try decoder.checkedString { text throws(StoreError) in try BucketName(text) }
    }

    /// Writes ``rawValue``.
    public func encode(to encoder: any Encoder) throws { try encoder.encodeString(rawValue) }
}

extension VersionID: Codable {
    /// Reads a string; one that is no version id is a `DecodingError`.
    public init(from decoder: any Decoder) throws {
        self = try decoder.checkedString { text throws(StoreError) in try VersionID(text) }
    }

    /// Writes ``description``.
    public func encode(to encoder: any Encoder) throws { try encoder.encodeString(description) }
}

extension StorageClass: Codable {
    /// Reads a string; one that is no storage class to be had is a `DecodingError`.
    public init(from decoder: any Decoder) throws {
        self = try decoder.checkedString { text throws(StoreError) in try StorageClass(text) }
    }

    /// Writes ``rawValue``.
    public func encode(to encoder: any Encoder) throws { try encoder.encodeString(rawValue) }
}

extension Position: Codable {
    /// Reads a string; one that is no position is a `DecodingError`.
    public init(from decoder: any Decoder) throws {
        self = try decoder.checkedString { text throws(StoreError) in try Position(text) }
    }

    /// Writes ``description``.
    public func encode(to encoder: any Encoder) throws { try encoder.encodeString(description) }
}

extension Decoder {
    fileprivate func checkedString<Value>(_ check: (String) throws(StoreError) -> Value) throws -> Value {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        do throws(StoreError) {
            return try check(text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: error.message, underlyingError: error))
        }
    }
}

extension Encoder {
    fileprivate func encodeString(_ text: String) throws {
        var container = singleValueContainer()
        try container.encode(text)
    }
}
