import StrongroomCrypto

func secret(_ bytes: [UInt8]) throws -> SecretBytes {
    try SecretBytes(copying: unsafe bytes.span.bytes)
}

func secret(hex: String) throws -> SecretBytes {
    try secret([UInt8](hex: hex))
}

/// The bytes of a secret that is none.
func exposed(_ secret: borrowing SecretBytes) throws -> [UInt8] {
    try secret.withBytes { bytes in
        (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
}
