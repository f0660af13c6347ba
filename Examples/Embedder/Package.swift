// swift-tools-version: 6.2
// An application that embeds Strongroom: what it resolves is all that an embedder ever resolves.

import PackageDescription

let package = Package(
    name: "embedder",
    dependencies: [
        // In your own package: .package(url: "…/strongroom", from: "…")
        .package(name: "strongroom", path: "../.."),
        // Strongroom's paths are swift-system's; an application that names them in its own code imports it too.
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .executableTarget(
            name: "Embedder",
            dependencies: [
                .product(name: "Strongroom", package: "strongroom"),
                // Only for a key backend of your own.
                .product(name: "StrongroomKeys", package: "strongroom"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
