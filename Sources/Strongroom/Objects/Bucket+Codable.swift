#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension Bucket {
    /// Stores `value` as JSON under `key`, replacing what was there. The content type is `application/json` unless the
    /// options name another.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - value: what to store. Its JSON is whole in memory.
    ///   - encoder: how to write it.
    ///   - options: as for ``put(_:_:options:)``.
    /// - Throws: ``StoreError/Code/encodingFailed``; else as ``put(_:_:options:)``.
    @discardableResult
    public func put<Value: Encodable>(
        _ key: ObjectKey, encoding value: Value, with encoder: JSONEncoder = JSONEncoder(),
        options: PutOptions = PutOptions()
    ) async throws(StoreError) -> PutReceipt {
        let json: Data
        do {
            json = try encoder.encode(value)
        } catch {
            throw StoreError(
                .encodingFailed, "The value cannot be written as JSON; nothing was stored. See the underlying error.",
                bucket: name, key: key, underlying: error)
        }
        var options = options
        if options.contentType == nil { options.contentType = "application/json" }
        return try await put(key, Array(json), options: options)
    }

    /// The value whose JSON is stored under `key`. For its ETag or version too, see
    /// ``ObjectBody/decoded(as:upTo:with:)``.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - type: what the JSON is of.
    ///   - limitBytes: the most bytes to read into memory: 1 MiB by default.
    ///   - version: which version; by default the newest.
    ///   - conditions: what must be true of the object.
    ///   - decoder: how to read it.
    /// - Throws: as ``get(_:version:range:if:)`` and ``ObjectBody/decoded(as:upTo:with:)``.
    public func get<Value: Decodable>(
        _ key: ObjectKey, decoding type: Value.Type, upTo limitBytes: Int = 1 << 20, version: VersionID? = nil,
        if conditions: ReadConditions = ReadConditions(), with decoder: JSONDecoder = JSONDecoder()
    ) async throws(StoreError) -> Value {
        try await get(key, version: version, if: conditions).decoded(as: type, upTo: limitBytes, with: decoder)
    }
}

extension ObjectBody {
    /// The value whose JSON the body is.
    ///
    /// - Parameters:
    ///   - type: what the JSON is of.
    ///   - limitBytes: the most bytes to read into memory: 1 MiB by default.
    ///   - decoder: how to read it.
    /// - Throws: ``StoreError/Code/limitExceeded`` before anything is read when the body has more bytes,
    ///   ``StoreError/Code/decodingFailed``; else as reading the body does.
    public func decoded<Value: Decodable>(
        as type: Value.Type, upTo limitBytes: Int = 1 << 20, with decoder: JSONDecoder = JSONDecoder()
    ) async throws(StoreError) -> Value {
        let json = Data(try await collect(upTo: limitBytes))
        do {
            return try decoder.decode(type, from: json)
        } catch {
            // Only the underlying error may quote the object: the message goes to logs.
            var failure = StoreError(
                .decodingFailed, "The object is not the JSON of a \(type). See the underlying error.",
                underlying: error)
            failure.key = info.key.rawValue
            throw failure
        }
    }
}
