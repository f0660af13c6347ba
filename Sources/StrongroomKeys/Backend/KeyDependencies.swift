internal import StrongroomSystem

/// What is sealed under a key, as far as the stores of the host's process know.
public struct KeyDependencies: Sendable, Hashable {
    /// One bucket of one store.
    public struct Place: Sendable, Hashable {
        /// The store: its directory, where it has one.
        public var store: String
        /// The bucket's name.
        public var bucket: String
        /// Objects' versions that are sealed under the key.
        public var objectCount: UInt64
        /// Uploads in parts that are under way.
        public var uploadCount: UInt64
        /// Bytes of those objects, before sealing.
        public var bytes: UInt64
        /// Those of the objects that are locked in compliance mode.
        public var lockedCount: UInt64
        /// When the last of those locks ends, in milliseconds since 1970; nil where there is none.
        public var lockedUntilMilliseconds: Int64?

        /// A bucket in which something hangs on the key.
        public init(
            store: String, bucket: String, objectCount: UInt64 = 0, uploadCount: UInt64 = 0, bytes: UInt64 = 0,
            lockedCount: UInt64 = 0, lockedUntilMilliseconds: Int64? = nil
        ) {
            self.store = store
            self.bucket = bucket
            self.objectCount = objectCount
            self.uploadCount = uploadCount
            self.bytes = bytes
            self.lockedCount = lockedCount
            self.lockedUntilMilliseconds = lockedUntilMilliseconds
        }
    }

    /// The most places that are named.
    public static let placesMax = 100

    /// How many stores there are, whether or not they could answer; ``unknown`` says whether all have.
    public var storeCount = 0
    /// Why it is not known for sure: nobody could be asked, or not everybody. Nil where every store has answered; else
    /// the numbers are what is known, and zero does not mean nothing.
    public var unknown: String?
    /// Objects' versions that are sealed under the key.
    public var objectCount: UInt64 = 0
    /// Uploads in parts that are under way.
    public var uploadCount: UInt64 = 0
    /// Bytes of those objects, before sealing.
    public var bytes: UInt64 = 0
    /// Those of the objects that are locked in compliance mode: nobody may delete them yet.
    public var lockedCount: UInt64 = 0
    /// When the last of those locks ends, in milliseconds since 1970; nil where there is none.
    public var lockedUntilMilliseconds: Int64?
    /// Where: at most ``placesMax``, those with locked objects first, and of them those that are locked longest.
    public var places: [Place] = []

    private init(unknown: String?) { self.unknown = unknown }

    /// Nothing is known, for that reason.
    public static func unknown(_ reason: String) -> KeyDependencies { KeyDependencies(unknown: reason) }

    /// Every store of the process has answered, and there is one.
    public var isKnown: Bool { unknown == nil }
}

extension KeyDependencies {
    static func unknown(_ reason: String?) -> KeyDependencies { KeyDependencies(unknown: reason) }

    /// What stores have answered, added up; a sum that is too large for its type is the largest that there is.
    ///
    /// - Parameters:
    ///   - places: the buckets in which something hangs on the key, in any order. All are counted, and at most
    ///     ``placesMax`` are kept.
    ///   - storeCount: see ``storeCount``. Where it is 0, nothing is known.
    ///   - unknown: why others have not answered; nil where all have.
    public init(places: [Place], storeCount: Int, unknown: String?) {
        self.init(unknown: storeCount == 0 ? unknown ?? "No store is open in this process." : unknown)
        self.storeCount = storeCount
        objectCount = places.saturatedTotal(\.objectCount)
        uploadCount = places.saturatedTotal(\.uploadCount)
        bytes = places.saturatedTotal(\.bytes)
        lockedCount = places.saturatedTotal(\.lockedCount)
        for place in places {
            if let end = place.lockedUntilMilliseconds {
                lockedUntilMilliseconds = max(lockedUntilMilliseconds ?? end, end)
            }
        }
        let sorted = places.sorted { left, right in
            let ends = (left.lockedUntilMilliseconds ?? .min, right.lockedUntilMilliseconds ?? .min)
            return ends.0 != ends.1 ? ends.0 > ends.1 : (left.store, left.bucket) < (right.store, right.bucket)
        }
        self.places = Array(sorted.prefix(Self.placesMax))
    }

    /// Adds what the same stores have said of another key.
    package mutating func add(_ other: KeyDependencies) {
        let sums = [self, other]
        objectCount = sums.saturatedTotal(\.objectCount)
        uploadCount = sums.saturatedTotal(\.uploadCount)
        bytes = sums.saturatedTotal(\.bytes)
        lockedCount = sums.saturatedTotal(\.lockedCount)
        lockedUntilMilliseconds = sums.compactMap(\.lockedUntilMilliseconds).max()
        let all = KeyDependencies(places: places + other.places, storeCount: storeCount, unknown: nil)
        (places, storeCount, unknown) = (all.places, max(storeCount, other.storeCount), unknown ?? other.unknown)
    }

    /// For a backend that is about to let a key go. There is no way around a lock in compliance mode: whoever could
    /// destroy the key could delete the object.
    ///
    /// - Parameter what: such as "the key arn:…", for the message.
    /// - Throws: `keyInUse`.
    package func checkNothingLocked(under what: String) throws(KeyBackendError) {
        guard lockedCount > 0 else { return }
        let place = places.first { $0.lockedCount > 0 }
        let bucket = place.map { " in the bucket \($0.bucket.debugDescription) of \($0.store.debugDescription)" } ?? ""
        let end = lockedUntilMilliseconds.map { UTCTime.text(milliseconds: $0) } ?? "a time that is not known"
        let objects = lockedCount == 1 ? "1 object" : "\(lockedCount) objects"
        let others = (place?.lockedCount ?? 0) < lockedCount ? " and elsewhere" : ""
        throw KeyBackendError(
            .keyInUse,
            "Nobody may destroy \(what): \(objects)\(bucket)\(others) "
                + "would be lost that object lock keeps in compliance mode, the last until \(end). Wait until then.")
    }

    /// For answers to control requests.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "isKnown": .boolean(isKnown), "storeCount": .number(String(storeCount)),
            "objectCount": .number(String(objectCount)), "uploadCount": .number(String(uploadCount)),
            "bytes": .number(String(bytes)), "lockedCount": .number(String(lockedCount)),
            "places": .array(places.map(\.json)),
        ]
        if let unknown { members["unknown"] = .string(unknown) }
        if let end = lockedUntilMilliseconds { members["lockedUntilMilliseconds"] = .number(String(end)) }
        return .object(members)
    }

    /// For the contract's structure.
    var document: [UInt8] {
        var members: [String: JSONValue] = ["places": .array(places.map(\.json))]
        if let unknown { members["unknown"] = .string(unknown) }
        return JSONValue.object(members).encoded()
    }

    /// What `document` made; nil where it is not that.
    static func read(_ document: [UInt8]) -> (places: [Place], unknown: String?)? {
        guard let members = try? JSONValue.object(parsing: document), case .array(let values)? = members["places"]
        else { return nil }
        var unknown: String?
        if case .string(let text)? = members["unknown"] { unknown = text }
        return (values.prefix(placesMax).compactMap { Place($0) }, unknown)
    }
}

extension KeyDependencies.Place {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "store": .string(store), "bucket": .string(bucket), "objectCount": .number(String(objectCount)),
            "uploadCount": .number(String(uploadCount)), "bytes": .number(String(bytes)),
            "lockedCount": .number(String(lockedCount)),
        ]
        if let end = lockedUntilMilliseconds { members["lockedUntilMilliseconds"] = .number(String(end)) }
        return .object(members)
    }

    fileprivate init?(_ json: JSONValue) {
        guard case .object(let members) = json, case .string(let store)? = members["store"],
            case .string(let bucket)? = members["bucket"]
        else { return nil }
        func number(_ name: String) -> UInt64 {
            if case .number(let digits)? = members[name] { UInt64(digits) ?? 0 } else { 0 }
        }
        self.init(
            store: store, bucket: bucket, objectCount: number("objectCount"), uploadCount: number("uploadCount"),
            bytes: number("bytes"), lockedCount: number("lockedCount"))
        if case .number(let digits)? = members["lockedUntilMilliseconds"] { lockedUntilMilliseconds = Int64(digits) }
    }
}
