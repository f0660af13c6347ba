// swift-tools-version: 6.2
// Records what the real engine, with the real liblmdb, writes to a real file system, and opens it again after power
// failures that might have happened (`make replay`). A package of its own, so that embedders never build it.

import PackageDescription

let warningsAreErrors = Context.environment["STRONGROOM_WARNINGS_AS_ERRORS"] != nil
let swiftSettings: [SwiftSetting] =
    [.swiftLanguageMode(.v6), .strictMemorySafety(), .enableUpcomingFeature("ExistentialAny")]
    + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])
let cSettings: [CSetting] = warningsAreErrors ? [.treatAllWarnings(as: .error)] : []

let package = Package(
    name: "strongroom-replay",
    products: [
        // Loaded before a program, which is not linked with it.
        .library(name: "ReplayRecorder", type: .dynamic, targets: ["ReplayRecorder"]),
        .executable(name: "strongroom-replay", targets: ["StrongroomReplay"]),
    ],
    dependencies: [
        .package(name: "strongroom", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .target(name: "ReplayRecorder", cSettings: cSettings),
        .target(name: "CReplayMarks", cSettings: cSettings),
        // The recording, and the disks that a power failure may leave.
        .target(name: "ReplayDisk", swiftSettings: swiftSettings),
        .executableTarget(
            name: "StrongroomReplay",
            dependencies: [
                "ReplayDisk", "CReplayMarks",
                .product(name: "Strongroom", package: "strongroom"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swiftSettings),
    ]
)
