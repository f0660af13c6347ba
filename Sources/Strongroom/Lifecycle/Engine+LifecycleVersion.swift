internal import StrongroomStorage

extension Engine {
    /// What rules see of a version's row, which is authenticated first.
    ///
    /// - Throws: `damaged`.
    func lifecycleVersion(
        _ row: VersionScan.Row, _ key: ObjectKey, _ bucket: KnownBucket, _ name: BucketName, openingTags: Bool
    ) throws(StoreError) -> (LifecycleReckoning.Version, ObjectKey, VersionID) {
        guard try bucketKeys(bucket).isAuthentic(row.value, rowKey: row.rowKey) else {
            throw StoreError(.damaged, "The row is not what was written.", bucket: name, key: key)
        }
        do throws(FieldReader.Malformed) {
            var version = LifecycleReckoning.Version(
                key: row.position.key, isHead: row.position.rank == 0, isDeleteMarker: false, createdMilliseconds: 0)
            if row.value.first == DeleteMarkerRow.formatVersion {
                let marker = try DeleteMarkerRow(decoding: row.value)
                (version.isDeleteMarker, version.createdMilliseconds) = (true, marker.createdMilliseconds)
                return (version, key, marker.isNullVersion ? .null : VersionID(bytes: marker.versionID))
            }
            let object = try ObjectRow(decoding: row.value)
            (version.createdMilliseconds, version.sizeBytes) = (object.lastModifiedMilliseconds, object.sizeBytes)
            if openingTags {
                do throws(StoreError) {
                    version.tags = try attributes(
                        object.attributes, of: object.objectUID, in: bucket, ObjectPlace(bucket: name, key: key)
                    ).tags
                } catch {
                    throw FieldReader.Malformed(reason: error.message)
                }
            }
            return (version, key, object.publicVersionID)
        } catch {
            throw StoreError(.damaged, "The row cannot be read: \(error.reason).", bucket: name, key: key)
        }
    }
}
