package import StrongroomSystem

extension StorageError: SecretMemoryErrorConvertible {
    package init(secretMemory error: SecretMemoryError) {
        self.init(Code("secretMemory"), error.description)
    }
}
