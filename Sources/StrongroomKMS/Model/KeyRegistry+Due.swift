/// What happens to keys because time has passed.
extension KeyRegistry {
    /// When the next thing is due, in milliseconds since 1970; the end of time where nothing is.
    var dueMilliseconds: Int64 {
        keys.reduce(Int64.max) { due, key in
            [key.deletionMilliseconds, key.nextExpiryMilliseconds, key.rotationMilliseconds].compactMap(\.self)
                .reduce(due, min)
        }
    }

    /// Destroys the keys whose day has come, and imported material that has expired. Returns whether there was any.
    ///
    /// It writes nothing, so that whoever cannot write it down can still go by it.
    ///
    /// - Parameter postponed: the other day of those that stay.
    mutating func settle(at nowMilliseconds: Int64, postponing postponed: [KeyID: Int64] = [:]) -> Bool {
        let due = keysToDestroy(at: nowMilliseconds)
        for var key in due {
            let isDeletion = (key.deletionMilliseconds ?? .max) <= nowMilliseconds
            if let other = postponed[key.id] {
                if isDeletion { key.deletionMilliseconds = other }
                key.postponeExpiry(at: nowMilliseconds, to: other)
            } else if isDeletion {
                remove(key.id)
                continue
            } else {
                key.dropMaterials { ($0.expiresMilliseconds ?? .max) <= nowMilliseconds }
            }
            update(key)
        }
        return !due.isEmpty
    }

    /// The keys whose day has come, and those with imported material that has expired, in the order of those days.
    func keysToDestroy(at nowMilliseconds: Int64) -> [KeyRecord] {
        keys.filter { $0.endMilliseconds <= nowMilliseconds }.sorted { $0.endMilliseconds < $1.endMilliseconds }
    }

    /// The keys that are to get new material by themselves.
    func dueRotations(at nowMilliseconds: Int64) -> [KeyRecord] {
        keys.filter { ($0.rotationMilliseconds ?? .max) <= nowMilliseconds }
    }
}

extension KeyRecord {
    /// When the first of all imported materials is deleted; nil where there is none that is.
    fileprivate var nextExpiryMilliseconds: Int64? {
        imported.filter { has($0.materialID) }.compactMap(\.expiresMilliseconds).min()
    }

    /// When the key or its material is destroyed; the end of time where it is not.
    fileprivate var endMilliseconds: Int64 { min(deletionMilliseconds ?? .max, nextExpiryMilliseconds ?? .max) }

    /// When the key rotates. One that is disabled, or on its way out, waits until it is enabled again; a replica has
    /// its primary do that.
    fileprivate var rotationMilliseconds: Int64? {
        state == .enabled && isPrimaryOrSingle ? rotation?.nextMilliseconds : nil
    }

    /// Whether what has come due is more than material that has never sealed anything.
    func losesWhatSeals(at nowMilliseconds: Int64) -> Bool {
        min(deletionMilliseconds ?? .max, firstExpiryMilliseconds ?? .max) <= nowMilliseconds
    }
}
