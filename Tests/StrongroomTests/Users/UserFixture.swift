import StrongroomCrypto
import StrongroomStorage
import StrongroomSystem

@testable import Strongroom

/// What tests of users have in common.
enum UserFixture {
    static let policy =
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","#
        + #""Resource":"arn:aws:s3:::bucket/*"}}"#

    /// The same with a Sid, so that policies differ.
    static func policy(_ number: Int) -> String {
        #"{"Version":"2012-10-17","Statement":[{"Sid":"S\#(number)","Effect":"Deny","Action":"*","Resource":"*"}]}"#
    }

    /// A copy that tests compare; the store never makes one.
    static func text(_ secret: SharedSecret) throws -> String {
        let bytes = try secret.bytes.withBytes { bytes in
            // Safe: any bit pattern is a UInt8, and the index is in bounds.
            (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension MemoryEngine {
    func value(_ rowKey: [UInt8]) async throws -> [UInt8]? {
        try await engine.readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }?.value
    }

    /// Puts a row below the engine, as whoever has the disk can.
    func overwrite(_ rowKey: [UInt8], value: [UInt8]) async throws {
        _ = try await metadata.commit(reads: [rowKey], attachments: []) { _ -> Decision<Never> in
            .commit([RowMutation(key: rowKey, change: .put(value: value, payload: .none))])
        }
    }
}
