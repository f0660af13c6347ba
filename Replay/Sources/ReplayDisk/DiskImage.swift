import Foundation

/// Files and directories, as they lie on a disk.
package struct DiskImage: Sendable {
    /// By name, what holds an entry before it; a directory has no bytes.
    package var entries: [(name: String, bytes: [UInt8]?)] = []

    package init() {}

    /// What lies below `directory`.
    package init(loading directory: String) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory).sorted()
        for name in names {
            let path = directory + "/" + name
            let type = try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            let bytes = type == .typeDirectory ? nil : try Array(Data(contentsOf: URL(filePath: path)))
            entries.append((name, bytes))
        }
    }

    /// The names of what differs; bytes of files that are written to through memory are not looked at.
    package func differences(to other: DiskImage) -> [String] {
        let (mine, theirs) = (byName, other.byName)
        return Set(mine.keys).union(theirs.keys).sorted().filter { name in
            guard let left = mine[name], let right = theirs[name] else { return true }
            return name.hasSuffix("/lock.mdb") ? left?.count != right?.count : left != right
        }
    }

    private var byName: [String: [UInt8]?] {
        Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.bytes) })
    }
}
