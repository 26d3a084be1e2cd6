// swift-tools-version: 6.2
import PackageDescription

// The manifest is the architecture document: every room of the house, what it may import of ours, and what it takes
// from outside. Arrows point down; SwiftPM refuses cycles and `scripts/check` refuses imports that are not listed here.

struct Room {
    enum Kind { case library, executable }

    var name: String
    var kind = Kind.library
    /// Rooms of ours that this one may import.
    var imports: [String] = []
    /// Products of other packages.
    var products: [Target.Dependency] = []
    /// C libraries; those linked by file name are linked statically, because their sonames differ between Debian releases.
    var staticLibraries: [String] = []
    var resources: [Resource] = []
    var tested = true
    /// What the room's tests import besides the room itself.
    var testImports: [String] = []
    var testProducts: [Target.Dependency] = []
}

let bigInt = Target.Dependency.product(name: "BigInt", package: "BigInt")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let rooms: [Room] = [
    // 1 vocabulary
    Room(name: "Domain"),
    Room(name: "JSON"),
    Room(name: "X402", imports: ["JSON"]),
    Room(name: "EVM", imports: ["CSecp256k1"], products: [bigInt], staticLibraries: ["secp256k1"]),
    Room(name: "X402EVM", imports: ["JSON", "X402", "EVM"], products: [bigInt]),
    Room(name: "Caching"),
    Room(name: "Sealing", products: [crypto, grdb]),
    Room(name: "Telemetry", products: [coreMetrics, logging, tracing], testProducts: [inMemoryTracing]),
    // 2 state
    Room(name: "Storage", imports: ["Domain"], products: [crypto, grdb, logging]),
    // 3 capabilities
    Room(
        name: "Catalogue", imports: ["Domain", "Storage", "Caching", "CMarkGFM"], products: [crypto],
        staticLibraries: ["cmark-gfm-extensions", "cmark-gfm"]),
    Room(
        name: "Access", imports: ["Domain", "Storage", "Sealing", "Caching", "JSON", "CArgon2"], products: [crypto, jwtKit, logging],
        staticLibraries: ["argon2"], testProducts: [grdb]),
    Room(
        name: "Payments", imports: ["Domain", "Telemetry", "Storage", "Catalogue", "JSON", "X402", "Caching"],
        products: [crypto, logging, lifecycle], testProducts: [grdb, inMemoryTracing, tracing]),
    // 4 edges
    Room(
        name: "Facilitators", imports: ["Domain", "Telemetry", "Storage", "Payments", "JSON", "X402", "X402EVM", "EVM", "Caching"],
        products: [bigInt, crypto, httpClient, lifecycle, logging, nioCore, nioFoundation, nioHTTP1],
        testProducts: [grdb, inMemoryTracing, nioPosix, tracing]),
    Room(
        name: "HTTPAPI",
        imports: ["Domain", "Telemetry", "Storage", "Catalogue", "Access", "Payments", "JSON", "X402"],
        products: [crypto, httpClient, hummingbird, hummingbirdCore, httpTypes, logging, mustache, nioCore, nioHTTP1, nioPosix],
        resources: [.embedInCode("Pages/Templates")], testImports: ["Sealing", "Facilitators", "EVM", "X402EVM"],
        testProducts: [bigInt, grdb, hummingbirdTesting, inMemoryTracing, lifecycle, nioEmbedded, tracing]),
    // 5 process
    Room(
        name: "pushcart", kind: .executable,
        imports: [
            "Domain", "JSON", "X402", "EVM", "X402EVM", "Caching", "Sealing", "Telemetry", "Storage", "Catalogue", "Access", "Payments",
            "Facilitators", "HTTPAPI",
        ],
        products: [
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Configuration", package: "swift-configuration"),
            .product(name: "SystemPackage", package: "swift-system"),
            .product(name: "Yams", package: "Yams"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            bigInt, coreMetrics, crypto, httpClient, hummingbird, hummingbirdCore, lifecycle, logging, nioCore, nioPosix, nioHTTP1, nioFoundation,
        ], testProducts: [grdb]),
    // Not shipped: the other side of `scripts/bench`.
    Room(
        name: "bench", kind: .executable, imports: ["JSON", "X402", "EVM", "X402EVM"],
        products: [
            .product(name: "ArgumentParser", package: "swift-argument-parser"), bigInt, hummingbird, httpTypes, logging, nioCore, nioFoundation,
        ], tested: false),
    // Not shipped: the random input of `scripts/fuzz`.
    Room(
        name: "fuzz", kind: .executable, imports: ["Domain", "JSON", "X402", "EVM", "X402EVM"],
        products: [.product(name: "ArgumentParser", package: "swift-argument-parser"), bigInt], tested: false),
]

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

func ours(_ names: [String]) -> [Target.Dependency] { names.map { .target(name: $0) } }

let package = Package(
    name: "pushcart",
    products: [
        .executable(name: "pushcart", targets: ["pushcart"]),
        .library(name: "X402", targets: ["X402"]),
        .library(name: "X402EVM", targets: ["X402EVM"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/attaswift/BigInt", exact: "6.0.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
    ],
    targets: rooms.flatMap { room -> [Target] in
        let dependencies = ours(room.imports) + room.products
        let links = room.staticLibraries.map { LinkerSetting.linkedLibrary(":lib\($0).a") }
        let target: Target =
            switch room.kind {
            case .library:
                .target(
                    name: room.name, dependencies: dependencies, resources: room.resources, swiftSettings: settings,
                    linkerSettings: links)
            case .executable:
                .executableTarget(
                    name: room.name, dependencies: dependencies, resources: room.resources, swiftSettings: settings,
                    linkerSettings: links)
            }
        guard room.tested else { return [target] }
        let tests = Target.testTarget(
            name: "\(room.name)Tests",
            dependencies: ours([room.name] + room.imports + room.testImports) + room.products + room.testProducts,
            swiftSettings: settings)
        return [target, tests]
    } + [
        .testTarget(name: "EndToEndTests", swiftSettings: settings),
        .systemLibrary(name: "CSecp256k1", providers: [.apt(["libsecp256k1-dev"])]),
        .systemLibrary(name: "CMarkGFM", providers: [.apt(["libcmark-gfm-dev"])]),
        .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),
    ]
)
