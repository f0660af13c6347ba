// swift-tools-version: 6.2
// Coverage-guided fuzzing: one executable of a few lines per target. Build and run with `make fuzz`; without the
// fuzzer's runtime these do not link, so they are a package of their own.

import PackageDescription

let targets = [
    "FuzzAuditSegment", "FuzzBlobPrelude", "FuzzCatalogImage", "FuzzCatalogRows", "FuzzChunkedPayload",
    "FuzzCommitFrames", "FuzzJournalFrames", "FuzzJournalSegment", "FuzzKeyStore", "FuzzModuleImage",
    "FuzzPluginAnswers", "FuzzPolicyDocument", "FuzzRequestDocument", "FuzzRequestParts", "FuzzSealedStream",
    "FuzzSignature", "FuzzStoreStateful", "FuzzWrappedKeys",
]

let package = Package(
    name: "fuzz",
    dependencies: [.package(name: "strongroom", path: "..")],
    targets: targets.map { name in
        .executableTarget(
            name: name, dependencies: [.product(name: "_StrongroomFuzzTargets", package: "strongroom")],
            swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()])
    }
)
