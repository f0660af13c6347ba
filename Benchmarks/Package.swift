// swift-tools-version: 6.2
// Strongroom's benchmarks: a package of its own, so that embedders never resolve what it needs.

import PackageDescription

let package = Package(
    name: "strongroom-benchmarks",
    dependencies: [
        .package(name: "strongroom", path: "..", traits: ["HTTPServer"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
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
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "served-baseline",
            dependencies: [
                .product(name: "StrongroomS3", package: "strongroom"),
                .product(name: "_StrongroomFuzzTargets", package: "strongroom"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6)]),
    ]
)
