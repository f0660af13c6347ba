// swift-tools-version: 6.2
// Strongroom's benchmarks: a package of its own, so that embedders never resolve what it needs.

import PackageDescription

let package = Package(
    name: "strongroom-benchmarks",
    dependencies: [
        .package(name: "strongroom", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .executableTarget(
            name: "strongroom-benchmarks",
            dependencies: [
                .product(name: "Strongroom", package: "strongroom"),
                .product(name: "StrongroomKMS", package: "strongroom"),
                .product(name: "StrongroomKeys", package: "strongroom"),
                .product(name: "_StrongroomFuzzTargets", package: "strongroom"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)])
    ]
)
