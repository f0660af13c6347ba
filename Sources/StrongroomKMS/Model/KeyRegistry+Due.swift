/// What happens to keys because time has passed.
extension KeyRegistry {
    /// When the next thing is due, in milliseconds since 1970; the end of time where nothing is.
    var dueMilliseconds: Int64 {
        keys.reduce(Int64.max) { due, key in
            [key.deletionMilliseconds, key.expiryMilliseconds, key.rotationMilliseconds].compactMap(\.self)
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
            switch (isDeletion, postponed[key.id]) {
            case (true, nil): remove(key.id)
            case (false, nil): update(key.withoutImportedMaterial)
            case (true, let other?):
                key.deletionMilliseconds = other
                update(key)
            case (false, let other?):
                // The end of time is how the document has it that there is none.
                key.imported?.expiresMilliseconds = other == .max ? nil : other
                update(key)
            }
        }
        return !due.isEmpty
    }

    /// The keys whose day has come, and those whose imported material has expired, in the order of those days.
    func keysToDestroy(at nowMilliseconds: Int64) -> [KeyRecord] {
        keys.filter { $0.endMilliseconds <= nowMilliseconds }.sorted { $0.endMilliseconds < $1.endMilliseconds }
    }

    /// The keys that are to get new material by themselves.
    func dueRotations(at nowMilliseconds: Int64) -> [KeyRecord] {
        keys.filter { ($0.rotationMilliseconds ?? .max) <= nowMilliseconds }
    }
}

extension KeyRecord {
    /// When imported material is deleted; nil where there is none that is.
    fileprivate var expiryMilliseconds: Int64? { materials.isEmpty ? nil : imported?.expiresMilliseconds }

    /// When the key or its material is destroyed; the end of time where it is not.
    fileprivate var endMilliseconds: Int64 { min(deletionMilliseconds ?? .max, expiryMilliseconds ?? .max) }

    /// When the key rotates. One that is disabled, or on its way out, waits until it is enabled again.
    fileprivate var rotationMilliseconds: Int64? { state == .enabled ? rotation?.nextMilliseconds : nil }

    /// The key once its imported material is destroyed: it waits for it, unless it is on its way out.
    var withoutImportedMaterial: KeyRecord {
        var key = self
        key.materials = []
        if key.state != .pendingDeletion { key.state = .pendingImport }
        return key
    }
}
