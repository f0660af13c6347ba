#if CommandLineTool
/// The file names that an object's key becomes below the directory of an export.
///
/// A key is any text, and a hostile one names a place outside (`../../etc/passwd`, `/etc/passwd`) or nothing
/// at all (`a//b`, `a/`). What cannot stand below the directory under exactly its own name is refused, never mended:
/// two keys must never become one file.
///
/// But for an empty object with a key such as `a/`: S3 clients make it for a folder, and it becomes that.
struct ExportName: Equatable, Sendable {
    /// The last is the file's or, of a folder's object, the folder's: there are none for the directory of the export.
    let components: [String]
    /// Whether it is a folder's.
    let isDirectory: Bool

    var path: String { components.joined(separator: "/") }

    /// The directories that there have to be, each below the one before.
    var directories: ArraySlice<String> { isDirectory ? components[...] : components.dropLast() }

    /// ext4, XFS, Btrfs and ZFS agree on 255 bytes for one name.
    static let componentBytesMax = 255

    /// - Parameters:
    ///   - prefix: what of the key is above the directory.
    ///   - isEmpty: whether the object has no bytes.
    init(key: String, prefix: String = "", isEmpty: Bool = false) throws(CommandFailure) {
        func refuse(_ why: String) -> CommandFailure {
            CommandFailure(
                .unsafeFileName,
                "the key \(quoted(key)) cannot be a file name below the directory: \(why). "
                    + "Fetch it with `get` under a name of your own")
        }
        // By bytes, as the system reads it: with a combining mark behind it a slash is no character of its own.
        let below = Array(key.utf8.dropFirst(prefix.utf8.count))
        var components = below.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        let isDirectory = isEmpty && components.last?.isEmpty == true
        if isDirectory { components.removeLast() }
        for component in components {
            if component.isEmpty { throw refuse("it begins or ends with a slash, or has two in a row") }
            if component == "." || component == ".." { throw refuse("“\(component)” is a way through directories") }
            if component.utf8.contains(0) { throw refuse("it holds a NUL") }
            if component.utf8.count > Self.componentBytesMax {
                throw refuse("a name may have \(Self.componentBytesMax) bytes, one here has \(component.utf8.count)")
            }
        }
        (self.components, self.isDirectory) = (components, isDirectory)
    }
}

/// A key as a terminal may see it: control characters and quotes escaped, so that a key cannot paint the screen.
func quoted(_ key: String) -> String {
    let escaped = key.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : printable($0) }
    return "\"" + escaped.joined() + "\""
}

/// Text of a file that anybody may have written, so that it cannot speak to the terminal.
func printable(_ text: String) -> String {
    text.unicodeScalars.map(printable).joined()
}

private func printable(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: "\\u{" + String(scalar.value, radix: 16) + "}"
    default: String(scalar)
    }
}
#endif
