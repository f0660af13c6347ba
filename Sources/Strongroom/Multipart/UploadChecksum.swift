internal import StrongroomCrypto

/// A checksum that the parts of an upload have, and what the object's is made of.
struct UploadChecksum: Equatable, Sendable {
    var algorithm: ChecksumAlgorithm
    var type: ChecksumType

    /// What an upload keeps: of all algorithms that a put would keep the checksum of all the bytes, where it follows
    /// from those of the parts; else, and of those named, one composed of the parts'.
    static func plan(
        _ options: PutOptions, composite: Set<ObjectChecksum.Algorithm>
    ) throws(StoreError) -> [UploadChecksum] {
        for algorithm in composite where !algorithm.algorithm.allows(.composite, multipart: true) {
            throw StoreError(
                .invalidArgument,
                "\(algorithm) is never composed of the parts' checksums: it follows from them for all the bytes.")
        }
        return options.checksums.union(composite).map { algorithm in
            let isComposite = composite.contains(algorithm) || !algorithm.algorithm.isCombinable
            return UploadChecksum(
                algorithm: algorithm.algorithm, type: isComposite ? .composite : .fullObject)
        }.sorted { $0.algorithm.rawValue < $1.algorithm.rawValue }
    }

    /// The object's checksum from those of its parts.
    ///
    /// - Throws: `damaged` where a part does not have its own.
    func ofObject(_ parts: [PartInfo]) throws(StoreError) -> ObjectChecksum {
        var digests: [(digest: [UInt8], lengthBytes: UInt64)] = []
        for part in parts {
            guard let own = part.checksums.first(where: { $0.algorithm.algorithm == algorithm }) else {
                throw StoreError(.damaged, "Part \(part.number) lacks the checksum that its upload asks for.")
            }
            digests.append((own.digest, part.sizeBytes))
        }
        switch type {
        case .fullObject:
            return ObjectChecksum(algorithm, algorithm.fullObjectDigest(ofParts: digests))
        case .composite:
            do throws(SealError) {
                return ObjectChecksum(try CompositeChecksum(algorithm, partDigests: digests.map(\.digest)))
            } catch {
                throw StoreError(error)
            }
        }
    }
}
