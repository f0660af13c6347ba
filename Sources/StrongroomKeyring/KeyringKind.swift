package import SystemPackage

/// Which backend a keyring belongs to: what its folder, its file and its derived keys are called, so that no keyring
/// passes for another backend's.
package struct KeyringKind: Sendable, Equatable {
    /// As messages name the keys, such as "S3-managed keys".
    package let title: String
    /// The backend's folder in the keyring.
    package let folderName: FilePath.Component
    /// In the labels of derived keys, `strongroom/LABEL/…`; part of the format.
    package let label: String
    /// The first eight bytes of the file; part of the format.
    package let magic: [UInt8]
    /// A larger file is taken for damage before it fills the memory.
    package let sizeBytesMax: Int

    package init(
        title: String, folderName: FilePath.Component, label: String, magic: String, sizeBytesMax: Int = 16 << 20
    ) {
        precondition(magic.utf8.count == KeyringFile.magicSizeBytes, "a magic of \(magic.utf8.count) bytes")
        self.title = title
        self.folderName = folderName
        self.label = label
        self.magic = Array(magic.utf8)
        self.sizeBytesMax = sizeBytesMax
    }
}
