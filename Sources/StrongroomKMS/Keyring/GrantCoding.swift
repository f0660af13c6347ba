internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// A key's grants as its attribute has them:
///
///     number u32
///     each, ascending by id: id (32) | token proof (16) | created i64
///         | name, text | grantee, text | retiring principal, text | issuer, text
///         | number of operations u8, each u8, ascending (``GrantOperation``)
///         | constraint u8: 0 none, 1 equals, 2 includes; unless 0: size u32 | the context's canonical bytes
///
/// A name or principal that is not there is empty. Part of the format, must not change.
enum GrantCoding {
    static func encoded(_ grants: [GrantRecord]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt32(grants.count))
        for grant in grants {
            bytes += grant.id.bytes + grant.tokenProof
            bytes.appendTime(grant.createdMilliseconds)
            for text in [grant.name, grant.granteePrincipal, grant.retiringPrincipal, grant.issuer] {
                bytes.appendText(text)
            }
            let operations = grant.operations.map(\.rawValue).sorted()
            bytes.append(UInt8(operations.count))
            bytes += operations
            switch grant.constraint {
            case nil: bytes.append(0)
            case .equals(let context): append(1, context, to: &bytes)
            case .includes(let context): append(2, context, to: &bytes)
            }
        }
        return bytes
    }

    private static func append(_ code: UInt8, _ context: EncryptionContext, to bytes: inout [UInt8]) {
        bytes.append(code)
        bytes.appendLittleEndian(UInt32(context.canonicalBytes.count))
        bytes += context.canonicalBytes
    }

    static func decode(_ reader: inout ByteReader) throws(KeyBackendError) -> [GrantRecord] {
        let count = Int(try reader.integer(UInt32.self))
        guard count <= reader.remainingCount / GrantID.sizeBytes else { throw KeyringFile.damaged("it ends too early") }
        var grants: [GrantRecord] = []
        for _ in 0..<count { grants.append(try grant(&reader)) }
        return grants
    }

    private static func grant(_ reader: inout ByteReader) throws(KeyBackendError) -> GrantRecord {
        let id = GrantID(bytes: try reader.bytes(GrantID.sizeBytes))
        let proof = try reader.bytes(GrantToken.proofSizeBytes)
        let created = try reader.time()
        let (name, grantee) = (try reader.text(), try reader.text())
        let (retiring, issuer) = (try reader.text(), try reader.text())
        let codes = try reader.bytes(Int(try reader.integer(UInt8.self)))
        let operations = Set(codes.compactMap(GrantOperation.init(rawValue:)))
        guard operations.count == codes.count, !operations.isEmpty else {
            throw KeyringFile.damaged("a grant allows what no version here knows")
        }
        return GrantRecord(
            id: id, createdMilliseconds: created, name: name, granteePrincipal: grantee, retiringPrincipal: retiring,
            issuer: issuer, operations: operations, constraint: try constraint(&reader), tokenProof: proof)
    }

    private static func constraint(_ reader: inout ByteReader) throws(KeyBackendError) -> GrantConstraint? {
        let code = try reader.integer(UInt8.self)
        if code == 0 { return nil }
        let bytes = try reader.bytes(Int(try reader.integer(UInt32.self)))
        guard let context = EncryptionContext(canonicalBytes: bytes), code <= 2 else {
            throw KeyringFile.damaged("a grant has a constraint that no version here knows")
        }
        return code == 1 ? .equals(context) : .includes(context)
    }
}
