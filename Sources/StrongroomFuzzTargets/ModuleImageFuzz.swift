internal import StrongroomKeys

/// A module's file is hostile until it is proven otherwise, and what is read of it decides what is loaded: any
/// bytes give an image or a refusal, and what an image says stands in the file.
public func fuzzModuleImage(_ input: RawSpan) {
    guard let image = try? ELFImage(input) else { return }
    let names = image.neededLibraries + image.searchPaths + image.indirectLoads + [image.sharedObjectName ?? ""]
    let file = FuzzInput.all(of: input)
    for name in names where !contains(file, Array(name.utf8) + [0]) {
        finding("a name that is not in the file")
    }
}

private func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
    haystack.indices.contains { start in
        haystack[start] == needle[0] && haystack[start...].starts(with: needle)
    }
}
