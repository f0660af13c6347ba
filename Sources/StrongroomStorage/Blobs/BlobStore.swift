package import StrongroomSystem

/// The other half of the waist: immutable payloads in files of their own.
///
/// A blob that no committed row names is garbage. `create` enters the blob into the set of files in
/// flight; `BlobWriter.leave()` takes it out once its commit is decided either way: the sweep removes
/// only what is in neither that set nor a later snapshot.
package protocol BlobStore: Sendable {
    /// Starts a blob. `prelude` is what is known at the start and is written before the payload.
    func create(_ prelude: BlobPrelude) async throws(StorageError) -> any BlobWriter

    /// Opens a committed blob for reading; checks prelude, trailer and length against the reference.
    func open(_ reference: BlobReference, expecting prelude: BlobPrelude) async throws(StorageError) -> any BlobReader

    /// Deletes a blob for ever. Deleting one that is gone already is no error.
    func delete(_ reference: BlobReference) async throws(StorageError)
}

/// Names a blob: file `blobs/<epoch>/<id>.blob`.
package struct BlobReference: Sendable, Hashable {
    package var epoch: UInt64
    /// 16 random bytes.
    package var id: [UInt8]
    /// Bytes of payload (the sealed stream), without prelude, trailer and padding.
    package var lengthBytes: UInt64
    package init(epoch: UInt64, id: [UInt8], lengthBytes: UInt64) {
        self.epoch = epoch
        self.id = id
        self.lengthBytes = lengthBytes
    }
}

/// What a blob says of itself at its start.
package struct BlobPrelude: Sendable, Equatable {
    /// 16 bytes.
    package var objectUID: [UInt8]
    /// 16 bytes, zero for a single put.
    package var partUID: [UInt8]
    /// The sealed stream's suite; 0 for a payload of mode *none*.
    package var suite: UInt16
    package init(objectUID: [UInt8], partUID: [UInt8], suite: UInt16) {
        self.objectUID = objectUID
        self.partUID = partUID
        self.suite = suite
    }
}

/// Writes one blob, front to back, from one task at a time. Bounded memory.
package protocol BlobWriter: AnyObject, Sendable {
    func append(_ bytes: [UInt8]) async throws(StorageError)
    /// Writes the trailer, makes file and directory durable; returns the reference for the row.
    func finish() async throws(StorageError) -> FinishedBlob
    /// Removes the file. Must be called instead of `leave` when no commit follows or the commit was
    /// refused or failed; but not when it failed with `durabilityUnknown`: it may be durable, so `leave`.
    func abort() async
    /// The commit that names this blob is durable, or may be.
    func leave()
}

package struct FinishedBlob: Sendable, Equatable {
    package var reference: BlobReference
    /// SHA-256 tree hash of the payload (1 MiB leaves, odd node promoted), 32 bytes.
    package var treeHash: [UInt8]
    package init(reference: BlobReference, treeHash: [UInt8]) {
        self.reference = reference
        self.treeHash = treeHash
    }
}

package protocol BlobReader: AnyObject, Sendable {
    var reference: BlobReference { get }
    /// Exactly `count` payload bytes from `offset`; throws `corrupted` when the file is shorter.
    func read(at offset: UInt64, count: Int) async throws(StorageError) -> [UInt8]
}
