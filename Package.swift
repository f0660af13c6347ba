// swift-tools-version: 6.2
// Strongroom: an embeddable, encrypted object store. Licensed under the Apache License 2.0.

import PackageDescription

/// Warnings are errors for those who build Strongroom itself (Makefile and CI say so), never for
/// those who embed it: a newer compiler's new warning must not break their build.
let warningsAreErrors = Context.environment["STRONGROOM_WARNINGS_AS_ERRORS"] != nil

let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let cSettings: [CSetting] = warningsAreErrors ? [.treatAllWarnings(as: .error)] : []

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let inMemoryLogging = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let tracing = Target.Dependency.product(
    name: "Tracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"]))
let inMemoryTracing = Target.Dependency.product(
    name: "InMemoryTracing", package: "swift-distributed-tracing", condition: .when(traits: ["Tracing"]))
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["CommandLineTool"]))
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOTLS"].map { name in
    Target.Dependency.product(name: name, package: "swift-nio", condition: .when(traits: ["RemoteKMS"]))
}
let nioSSL = Target.Dependency.product(
    name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["RemoteKMS"]))
let hummingbird = ["Hummingbird", "HummingbirdTLS", "HummingbirdHTTP2"].map { name in
    Target.Dependency.product(name: name, package: "hummingbird", condition: .when(traits: ["HTTPServer"]))
}
let configuration = Target.Dependency.product(
    name: "Configuration", package: "swift-configuration", condition: .when(traits: ["HTTPServer"]))
let serverNIO = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOTLS"].map { name in
    Target.Dependency.product(name: name, package: "swift-nio", condition: .when(traits: ["HTTPServer"]))
}
let httpTypes = [
    ("HTTPTypes", "swift-http-types"), ("NIOHTTPTypes", "swift-nio-extras"), ("NIOHTTPTypesHTTP2", "swift-nio-extras"),
    ("NIOHTTP2", "swift-nio-http2"),
].map { name, package in
    Target.Dependency.product(name: name, package: package, condition: .when(traits: ["HTTPServer"]))
}
let lifecycle = ["ServiceLifecycle", "UnixSignals"].map { name in
    Target.Dependency.product(
        name: name, package: "swift-service-lifecycle", condition: .when(traits: ["HTTPServer"]))
}
let serverNIOSSL = Target.Dependency.product(
    name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["HTTPServer"]))
let swiftCrypto = Target.Dependency.product(
    name: "Crypto", package: "swift-crypto", condition: .when(traits: ["DualLayer"]))

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The documentation's builder is for those who build the documentation (`make docs`): embedders never resolve it.
let documentationTools: [Package.Dependency] =
    Context.environment["STRONGROOM_DOCUMENTATION"] != nil
    ? [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")] : []

let package = Package(
    name: "strongroom",
    products: [
        .library(name: "Strongroom", targets: ["Strongroom"]),
        .library(name: "StrongroomKeys", targets: ["StrongroomKeys"]),
        // The key service, and the backend that serves a store with it.
        .library(name: "StrongroomKMS", targets: ["StrongroomKMS", "StrongroomKMSKeys"]),
        // Of substance only with the trait HTTPServer.
        .library(name: "StrongroomS3", targets: ["StrongroomS3"]),
        .library(name: "StrongroomTesting", targets: ["StrongroomTesting"]),
        .executable(name: "strongroom", targets: ["StrongroomTool"]),
        // The commands, for a program that takes them beside a store that it has open. Of substance only with the trait
        // CommandLineTool.
        .library(name: "StrongroomCommandLine", targets: ["StrongroomCommandLine"]),
        // For Fuzz/ and Benchmarks/ only: no part of the API.
        .library(name: "_StrongroomFuzzTargets", targets: ["StrongroomFuzzTargets"]),
        .library(name: "S3ManagedKeys", type: .dynamic, targets: ["S3ManagedKeysModule"]),
        .library(name: "CustomerKeys", type: .dynamic, targets: ["CustomerKeysModule"]),
        .library(name: "GlacierKeys", type: .dynamic, targets: ["GlacierKeysModule"]),
        .library(name: "KMSKeys", type: .dynamic, targets: ["KMSKeysModule"]),
        .library(name: "PKCS11Keys", type: .dynamic, targets: ["PKCS11KeysModule"]),
        // Of substance only with the trait RemoteKMS.
        .library(name: "StrongroomRemoteKMSKeys", targets: ["StrongroomRemoteKMSKeys"]),
        .library(name: "RemoteKMSKeys", type: .dynamic, targets: ["RemoteKMSKeysModule"]),
    ],
    traits: [
        .trait(name: "DualLayer", description: "A second, independent AEAD implementation (swift-crypto)."),
        .trait(name: "Tracing", description: "A span for each call (swift-distributed-tracing)."),
        .trait(name: "RemoteKMS", description: "A key backend that asks a key service over HTTPS (swift-nio)."),
        .trait(name: "HTTPServer", description: "Serves a store to S3 clients over HTTP and HTTPS (Hummingbird)."),
        .trait(name: "CommandLineTool", description: "The strongroom command (swift-argument-parser)."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.2", traits: ["JSON"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ] + documentationTools,
    targets: [
        // Floor 0: what the operating system and C libraries give.
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .target(name: "CStrongroomKeyBackend", cSettings: cSettings),
        .target(name: "CStrongroomPKCS11", cSettings: cSettings),
        .target(name: "CStrongroomShims", cSettings: cSettings),
        room("StrongroomSystem", ["CStrongroomShims", systemPackage, deque]),

        // Floor 1: the journal, the catalog, the seals; and the disk that lies, for tests.
        room("StrongroomJournal", ["StrongroomSystem", systemPackage]),
        room("StrongroomCatalog", ["StrongroomSystem", "CStrongroomShims", "CLMDB", systemPackage]),
        room("StrongroomCrypto", ["StrongroomSystem", "CStrongroomShims", "COpenSSL", swiftCrypto]),
        room("StrongroomSimulation", ["StrongroomSystem", systemPackage]),

        // Floor 2: key backends; metadata and blobs (the engine's waist).
        room(
            "StrongroomKeys",
            [
                "StrongroomSystem", "StrongroomCrypto", "CStrongroomKeyBackend", "CStrongroomShims", systemPackage,
            ]),
        room(
            "StrongroomStorage",
            [
                "StrongroomSystem", "StrongroomJournal", "StrongroomCatalog", "StrongroomCrypto", systemPackage, deque,
            ]),
        // What the backends below have in common: a keyring on disk under a root key.
        room(
            "StrongroomKeyring",
            ["StrongroomKeys", "StrongroomCrypto", "StrongroomSystem", "CStrongroomShims", systemPackage]),
        // The trail of what was done with keys; it knows no key service.
        room("StrongroomAudit", ["StrongroomCrypto", "StrongroomSystem", systemPackage]),
        // How a keyring has such a trail of its own.
        room(
            "StrongroomKeyTrail",
            [
                "StrongroomAudit", "StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                systemPackage,
            ]),
        room(
            "StrongroomS3ManagedKeys",
            ["StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem", systemPackage],
            path: "Plugins/S3ManagedKeys/Backend"),
        room(
            "S3ManagedKeysModule", ["StrongroomS3ManagedKeys", "StrongroomKeys", "CStrongroomKeyBackend"],
            path: "Plugins/S3ManagedKeys/Module"),
        room(
            "StrongroomCustomerKeys",
            ["StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem", "CStrongroomKeyBackend"],
            path: "Plugins/CustomerKeys/Backend"),
        room(
            "CustomerKeysModule", ["StrongroomCustomerKeys", "StrongroomKeys", "CStrongroomKeyBackend"],
            path: "Plugins/CustomerKeys/Module"),
        room(
            "StrongroomGlacierKeys",
            [
                "StrongroomKeyTrail", "StrongroomAudit", "StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto",
                "StrongroomSystem", systemPackage,
            ],
            path: "Plugins/GlacierKeys/Backend"),
        room(
            "GlacierKeysModule", ["StrongroomGlacierKeys", "StrongroomKeys", "CStrongroomKeyBackend"],
            path: "Plugins/GlacierKeys/Module"),
        room(
            "StrongroomPKCS11Keys",
            [
                "CStrongroomPKCS11", "StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                systemPackage,
            ], path: "Plugins/PKCS11Keys/Backend"),
        room(
            "PKCS11KeysModule", ["StrongroomPKCS11Keys", "StrongroomKeys", "CStrongroomKeyBackend"],
            path: "Plugins/PKCS11Keys/Module"),
        // What a policy says of a request; it knows neither keys nor buckets.
        room("StrongroomPolicy"),
        room(
            "StrongroomKMS",
            [
                "StrongroomKeyTrail", "StrongroomAudit", "StrongroomPolicy", "StrongroomKeyring", "StrongroomKeys",
                "StrongroomCrypto", "StrongroomSystem", systemPackage,
            ]),
        room(
            "StrongroomKMSKeys", ["StrongroomKMS", "StrongroomKeys", "StrongroomCrypto", systemPackage],
            path: "Plugins/KMSKeys/Backend"),
        room(
            "KMSKeysModule", ["StrongroomKMSKeys", "StrongroomKeys", "CStrongroomKeyBackend"],
            path: "Plugins/KMSKeys/Module"),
        // How requests are signed (AWS Signature Version 4), for who asks and for who is asked.
        room("StrongroomSignature", ["StrongroomCrypto"]),
        room(
            "StrongroomRemoteKMSKeys",
            [
                "StrongroomSignature", "StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                systemPackage, nioSSL,
            ] + nio,
            path: "Plugins/RemoteKMSKeys/Backend"),
        room(
            "RemoteKMSKeysModule", ["StrongroomRemoteKMSKeys", "StrongroomKeys", "CStrongroomKeyBackend"],
            path: "Plugins/RemoteKMSKeys/Module"),

        // Floor 4: the engine.
        room(
            "Strongroom",
            [
                "StrongroomSystem", "StrongroomStorage", "StrongroomJournal", "StrongroomCrypto", "StrongroomKeys",
                "StrongroomKeyring", "StrongroomS3ManagedKeys", "StrongroomCustomerKeys", "StrongroomPolicy",
                systemPackage, logging, metrics, tracing,
            ]),

        // Floor 5: requests of S3 and their answers, whatever carries them.
        room(
            "StrongroomS3Protocol",
            [
                "Strongroom", "StrongroomPolicy", "StrongroomSignature", "StrongroomKeys", "StrongroomCrypto",
                "StrongroomSystem", systemPackage, logging, metrics,
            ]),

        // Floor 6: the store served to S3 clients. Of substance only with the trait HTTPServer.
        room(
            "StrongroomS3",
            [
                "StrongroomS3Protocol", "Strongroom", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                systemPackage, logging, metrics, serverNIOSSL,
            ] + hummingbird + serverNIO + httpTypes + lifecycle),

        // Floor 5: for the tests of those who embed the engine.
        room(
            "StrongroomTesting",
            [
                "Strongroom", "StrongroomStorage", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                systemPackage, logging,
            ]),

        room(
            "StrongroomFuzzTargets",
            [
                "Strongroom", "StrongroomAudit", "StrongroomKeys", "StrongroomKeyring", "StrongroomS3ManagedKeys",
                "StrongroomCustomerKeys", "StrongroomGlacierKeys", "StrongroomKeyTrail", "StrongroomKMS",
                "StrongroomPolicy", "StrongroomSignature",
                "StrongroomS3Protocol", "StrongroomStorage", "StrongroomCatalog", "StrongroomJournal",
                "StrongroomCrypto", "StrongroomSimulation", "StrongroomSystem", "StrongroomTestSupport",
                "CStrongroomKeyBackend", systemPackage,
            ]),

        // Floor 7: the command line, and its program.
        room(
            "StrongroomCommandLine",
            [
                "Strongroom", "StrongroomS3", "StrongroomKMSKeys", "StrongroomKeys", "StrongroomCrypto",
                "StrongroomSystem", "CStrongroomKeyBackend", "CStrongroomShims", systemPackage, logging, metrics,
                argumentParser, configuration,
            ] + lifecycle),
        .executableTarget(
            name: "StrongroomTool", dependencies: ["StrongroomCommandLine", systemPackage],
            swiftSettings: swiftSettings),

        // What several of the tests below need.
        room(
            "StrongroomTestSupport",
            [
                "StrongroomStorage", "StrongroomCatalog", "StrongroomJournal", "StrongroomSimulation",
                "StrongroomSystem", "StrongroomCrypto", "COpenSSL", systemPackage,
            ], path: "Tests/Support"),
        tests("StrongroomSystemTests", ["StrongroomSystem", "StrongroomSimulation", systemPackage]),
        tests(
            "StrongroomCryptoTests",
            [
                "StrongroomTestSupport", "StrongroomCrypto", "StrongroomSystem", "CStrongroomShims", swiftCrypto,
            ]),
        tests(
            "StrongroomJournalTests",
            ["StrongroomTestSupport", "StrongroomJournal", "StrongroomSystem", "StrongroomSimulation", systemPackage]),
        tests(
            "StrongroomCatalogTests",
            ["StrongroomTestSupport", "StrongroomCatalog", "StrongroomSystem", "StrongroomSimulation", systemPackage]),
        // The process in which tests check modules that crash.
        .executableTarget(
            name: "StrongroomKeyModuleHarness", dependencies: ["StrongroomKeys", systemPackage],
            path: "Tests/KeyModuleHarness", swiftSettings: swiftSettings),
        tests(
            "StrongroomKeysTests",
            [
                "StrongroomTestSupport",
                "StrongroomKeyModuleHarness", "StrongroomKeys", "StrongroomKeyring", "StrongroomS3ManagedKeys",
                "StrongroomCustomerKeys", "StrongroomGlacierKeys", "StrongroomKMS", "StrongroomKMSKeys",
                "StrongroomKeyTrail", "StrongroomAudit", "StrongroomSimulation",
                "StrongroomCrypto", "StrongroomSystem", "CStrongroomKeyBackend", "COpenSSL",
                systemPackage,
            ]),
        // The other process that uses a token, and is killed while it does.
        .executableTarget(
            name: "StrongroomTokenHarness",
            dependencies: ["StrongroomPKCS11Keys", "StrongroomKeys", systemPackage],
            path: "Tests/TokenHarness", swiftSettings: swiftSettings),
        tests(
            "StrongroomPKCS11KeysTests",
            [
                "StrongroomTestSupport",
                "StrongroomTokenHarness", "StrongroomPKCS11Keys", "CStrongroomPKCS11", "Strongroom",
                "StrongroomKeyring", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem", systemPackage,
            ]),
        tests(
            "StrongroomStorageTests",
            [
                "StrongroomTestSupport",
                "StrongroomStorage", "StrongroomJournal", "StrongroomCatalog", "StrongroomSystem",
                "StrongroomSimulation",
                systemPackage,
            ]),
        tests(
            "StrongroomAuditTests",
            [
                "StrongroomTestSupport", "StrongroomAudit", "StrongroomCrypto", "StrongroomSystem",
                "StrongroomSimulation", systemPackage,
            ]),
        .testTarget(
            name: "StrongroomPolicyTests", dependencies: ["StrongroomPolicy"], resources: [.copy("cases.json")],
            swiftSettings: swiftSettings),
        // The process that tests kill while keys are rotated.
        .executableTarget(
            name: "StrongroomRotationHarness",
            dependencies: ["Strongroom", "StrongroomKMSKeys", "StrongroomKeys", systemPackage],
            path: "Tests/RotationHarness", swiftSettings: swiftSettings),
        tests(
            "StrongroomTests",
            [
                "StrongroomTestSupport",
                "StrongroomRotationHarness", "StrongroomKMSKeys", "Strongroom", "StrongroomStorage",
                "StrongroomCatalog",
                "StrongroomCrypto",
                "StrongroomKeys", "StrongroomS3ManagedKeys",
                "StrongroomCustomerKeys", "StrongroomSystem", "StrongroomSimulation", systemPackage, logging, metrics,
                metricsTestKit, tracing,
                inMemoryTracing,
            ]),
        tests(
            "StrongroomTestingTests",
            [
                "StrongroomTesting", "Strongroom", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                systemPackage, logging, inMemoryLogging,
            ]),
        tests(
            "StrongroomCommandLineTests",
            [
                "StrongroomTool", "StrongroomCommandLine", "Strongroom", "StrongroomS3", "StrongroomGlacierKeys",
                "StrongroomKeys", "StrongroomAudit", "StrongroomTesting", systemPackage, logging, argumentParser,
            ] + lifecycle),
        .testTarget(
            name: "StrongroomS3Tests",
            dependencies: [
                "StrongroomTestSupport", "StrongroomS3Protocol", "StrongroomS3", "Strongroom", "StrongroomPolicy",
                "StrongroomSignature", "StrongroomKMSKeys", "StrongroomKeys", "StrongroomCrypto", "StrongroomSystem",
                "StrongroomStorage", "StrongroomTesting", "StrongroomAudit",
                systemPackage, logging, metrics, serverNIOSSL,
            ] + hummingbird + httpTypes + serverNIO, resources: [.copy("operations.txt")], swiftSettings: swiftSettings),
        tests("StrongroomSignatureTests", ["StrongroomSignature", "StrongroomCrypto"]),
        tests(
            "StrongroomRemoteKMSTests",
            [
                "StrongroomTestSupport",
                "StrongroomRemoteKMSKeys", "StrongroomSignature", "Strongroom", "StrongroomKeys", "StrongroomCrypto",
                "StrongroomSystem", systemPackage, nioSSL,
                .product(name: "NIOEmbedded", package: "swift-nio", condition: .when(traits: ["RemoteKMS"])),
            ] + nio),
        // Replays what the fuzzers have found.
        tests("StrongroomFuzzTargetsTests", ["StrongroomTestSupport", "StrongroomFuzzTargets"]),
        // The gates on the source itself.
        tests("StrongroomTidyTests", []),
    ]
)
