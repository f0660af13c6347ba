import Foundation

/// The project's own source files, as the tidy gates see them.
struct SourceTree {
    struct File: CustomStringConvertible, Sendable {
        /// Relative to the package root.
        let path: String
        let lines: [Substring]
        var description: String { path }
        var isSwift: Bool { path.hasSuffix(".swift") }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let folders = [
        ".ci", "Sources", "Tests", "Plugins", "Fuzz", "Benchmarks", "Replay", "Examples", "Snippets", "docs",
    ]
    private static let extensions: Set<String> = ["swift", "c", "h", "md", "mk", "sh", "py"]

    static let files: [File] = {
        var files: [File] = []
        for folder in folders {
            guard
                let found = FileManager.default.enumerator(
                    at: root.appending(path: folder), includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
            else { continue }
            for case let url as URL in found {
                // Scripts have no extension, and say in their first line what runs them.
                let mayBeScript = url.pathExtension.isEmpty && !url.hasDirectoryPath
                guard extensions.contains(url.pathExtension) || mayBeScript, let file = read(url) else { continue }
                if !mayBeScript || file.lines.first?.hasPrefix("#!") == true { files.append(file) }
            }
        }
        for name in ["Package.swift", "README.md", "Makefile"] {
            if let file = read(root.appending(path: name)) { files.append(file) }
        }
        return files.sorted { $0.path < $1.path }
    }()

    static let swiftFiles = files.filter(\.isSwift)

    private static func read(_ url: URL) -> File? {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        let path = url.standardizedFileURL.path
        let prefix = root.standardizedFileURL.path + "/"
        return File(
            path: path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path,
            lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
}
