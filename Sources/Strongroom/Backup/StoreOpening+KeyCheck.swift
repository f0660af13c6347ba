internal import StrongroomKeys
internal import StrongroomStorage

extension StoreOpening {
    /// Opens a store that is not yet one, and one object under each version of each key.
    ///
    /// - Returns: how many different ones there are, customers' keys apart, which nobody here has.
    /// - Throws: `keyNotFound` with the first that opens nothing.
    func checkKeys(_ description: StoreDescription, storeID: [UInt8]) async throws(StoreError) -> UInt64 {
        var opening = self
        opening.restored = description
        guard let keys = try await opening.openKeys(description, storeID) else { return 0 }
        let timeline = description.timeline ?? StoreDescription.firstTimeline
        // It goes on on a timeline of its own, and what the keyring says is of another.
        let storage = try await openStorage(storeID: storeID, timeline: timeline, keys, acceptsRollback: true)
        do throws(StoreError) {
            let engine = try await engine(storage, storeID: storeID, timeline: timeline, keys: keys)
            let count = try await engine.openOneOfEachKey()
            try await engine.close()
            return count
        } catch {
            // The first failure is the one to tell.
            try? await storage.close()
            throw error
        }
    }
}

extension Engine {
    private struct KeyVersion: Hashable {
        var backendID: String
        var keyID: String
        var version: String

        /// Those that an object cannot be opened without: under two layers, the outer one's too.
        static func all(of sealing: ObjectRow.WrappedSealing) -> Set<KeyVersion> {
            var versions: Set = [
                KeyVersion(
                    backendID: sealing.backendID, keyID: sealing.bucketKeyID.map(Hexadecimal.encode) ?? sealing.keyID,
                    version: sealing.keyVersion)
            ]
            if let outer = sealing.outerLayer {
                versions.insert(KeyVersion(backendID: outer.backendID, keyID: outer.keyID, version: outer.keyVersion))
            }
            return versions
        }
    }

    fileprivate func openOneOfEachKey() async throws(StoreError) -> UInt64 {
        var opened: Set<KeyVersion> = []
        let walk = SealedRowWalk(engine: self, tables: Self.sealedTables)
        _ = try await walk.run(
            from: walk.beginning, mayGoOn: { true },
            visit: { (row) async throws(StoreError) in
                // What is damaged is `verify`'s to tell.
                guard case .success(let row) = row, let key = row.key, let sealing = row.sealing,
                    sealing.mode != .customerKey
                else { return }
                let versions = KeyVersion.all(of: sealing)
                guard !opened.isSuperset(of: versions) else { return }
                do throws(StoreError) {
                    _ = try await unwrap(sealing, row.identity(key), as: .root, row.bucket)
                } catch {
                    throw StoreError(
                        .keyNotFound,
                        "\(row.place) cannot be opened: \(error.message) Its key is \(sealing.keyID), version "
                            + "\(sealing.keyVersion)"
                            + (sealing.outerLayer.map { ", within \($0.keyID), version \($0.keyVersion)" } ?? "")
                            + ". Restore the keyring as it was when the backup was made, or later.",
                        underlying: error)
                }
                opened.formUnion(versions)
            }, atPageEnd: { _ in })
        return UInt64(opened.count)
    }
}
