// swift-tools-version: 6.2
import PackageDescription

// Imports point down only, and a service never imports a service: docs/architecture.md has the table.

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Tier 0: one C library, seen by one module.
func c(_ name: String, debian: String) -> Target {
  .systemLibrary(name: name, path: "Sources/C/\(name)", providers: [.apt([debian])])
}
/// Tier 1: knows nothing of PolyStatus.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/Libraries/\(name)", swiftSettings: settings)
}
/// Tier 2: what the services share.
func cluster(_ name: String, _ dependencies: [Target.Dependency], embeds: [String] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Cluster/\(name)", exclude: embeds,
    swiftSettings: settings, plugins: embeds.isEmpty ? [] : ["EmbedText"])
}
/// Tier 3: one service; its swagger and its scripts are embedded.
func service(_ name: String, _ dependencies: [Target.Dependency] = [], embeds: [String] = ["swagger.yaml"]) -> Target {
  .target(
    name: name, dependencies: ["StatusModel", "ServiceRuntime"] + dependencies, path: "Sources/Services/\(name)",
    exclude: embeds, swiftSettings: settings, plugins: ["EmbedText"])
}
/// Tier 4: one file, one process.
func executable(_ name: String, _ service: String) -> Target {
  .executableTarget(
    name: name, dependencies: [.target(name: service), "ServiceRuntime"], path: "Sources/Executables/\(name)",
    swiftSettings: settings)
}
func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", exclude: fixtures,
    swiftSettings: settings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "PolyStatus",
  products: ["Reactor", "HTTPServer", "RedisClient"].map { .library(name: $0, targets: [$0]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.0.0"),
  ],
  targets: [
    .target(name: "CLinux", path: "Sources/C/CLinux"),
    c("CHiredis", debian: "libhiredis-dev"),
    c("COpenSSL", debian: "libssl-dev"),
    c("CCurl", debian: "libcurl4-openssl-dev"),
    c("CCrypt", debian: "libcrypt-dev"),
    c("CZlib", debian: "zlib1g-dev"),

    library("Reactor", ["CLinux", heap]),
    library("Gzip", ["CZlib"]),
    library("HTTPServer", ["Reactor", "Gzip", httpTypes]),
    library("RedisClient", ["Reactor", "CHiredis"]),
    library("OutboundClient", ["Reactor", "CCurl", httpTypes]),
    library("Signing", ["COpenSSL", "CCrypt"]),
    library("JSONBytes"),

    cluster("StatusModel", ["JSONBytes"]),
    cluster("Identity", ["StatusModel", "RedisClient", "Reactor", "Signing", "JSONBytes"], embeds: ["Scripts"]),
    cluster("Messaging", ["StatusModel", "RedisClient", "Reactor", "Signing", "JSONBytes"], embeds: ["Scripts"]),
    cluster(
      "ServiceRuntime",
      [
        "StatusModel", "Identity", "Messaging", "HTTPServer", "RedisClient", "Reactor", "Signing", "JSONBytes", "OutboundClient",
        logging, httpTypes, lifecycle, signals, yams,
      ], embeds: ["Scripts", "common.yaml"]),
    cluster(
      "ServiceClients",
      ["StatusModel", "Identity", "Messaging", "Signing", "OutboundClient", "Reactor", "JSONBytes", "ServiceRuntime", httpTypes]),

    service(
      "IncidentsService",
      ["Messaging", "RedisClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", "ServiceClients", httpTypes, logging],
      embeds: ["swagger.yaml", "Scripts"]),
    service(
      "UsersService",
      ["Identity", "Messaging", "RedisClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", "ServiceClients", httpTypes],
      embeds: ["swagger.yaml", "Scripts"]),
    service(
      "CommsService",
      [
        "Messaging", "RedisClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", "OutboundClient", "ServiceClients", logging, httpTypes,
      ], embeds: ["swagger.yaml", "Scripts"]),
    service(
      "CSPIngestorService",
      [
        "Messaging", "RedisClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", "OutboundClient", "ServiceClients", httpTypes, logging,
      ], embeds: ["swagger.yaml", "Scripts", "Providers/catalogue.json"]),
    service(
      "FlagsService", ["Messaging", "RedisClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", httpTypes, logging],
      embeds: ["swagger.yaml", "Scripts"]),
    service(
      "FrontendService",
      [
        "Identity", "Messaging", "RedisClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", "ServiceClients", httpTypes, mustache,
        logging,
      ],
      embeds: ["swagger.yaml", "Templates", "Assets", "Strings", "Demo"]),

    executable("incidents", "IncidentsService"),
    executable("users", "UsersService"),
    executable("comms", "CommsService"),
    executable("csp-ingestor", "CSPIngestorService"),
    executable("flags", "FlagsService"),
    executable("frontend", "FrontendService"),

    tests("Tidy", []),
    tests(
      "Cluster",
      [
        "UsersService", "IncidentsService", "CommsService", "CSPIngestorService", "FlagsService", "FrontendService", "ServiceRuntime",
        "Messaging", "StatusModel", "RedisClient", "Reactor", "OutboundClient", "JSONBytes", "Signing", "PrivateServers", logging,
        httpTypes,
      ]),
    .target(name: "PrivateServers", dependencies: ["Reactor"], path: "Tests/PrivateServers", swiftSettings: settings),
    .target(
      name: "ServiceCalls", dependencies: ["ServiceRuntime", "OutboundClient", "Reactor", "JSONBytes", httpTypes],
      path: "Tests/ServiceCalls", swiftSettings: settings),
    tests("StatusModel", ["StatusModel"]),
    tests("Reactor", ["Reactor"]),
    .executableTarget(
      name: "echo-server", dependencies: ["HTTPServer", "Reactor", httpTypes], path: "Tests/EchoServer", swiftSettings: settings),
    tests("Gzip", ["Gzip", "PrivateServers"]),
    tests("HTTPServer", ["HTTPServer", "Reactor", "Gzip", "echo-server", "PrivateServers", httpTypes]),
    tests("JSONBytes", ["JSONBytes"]),
    tests("RedisClient", ["RedisClient", "Reactor", "PrivateServers"]),
    tests("Signing", ["Signing"]),
    tests("Messaging", ["Messaging", "StatusModel", "RedisClient", "Reactor", "JSONBytes", "Signing", "PrivateServers"]),
    tests("OutboundClient", ["OutboundClient", "Reactor", "PrivateServers", httpTypes], fixtures: ["server.py"]),
    tests("Identity", ["Identity", "StatusModel", "RedisClient", "Reactor", "Signing", "PrivateServers"]),
    tests(
      "UsersService",
      [
        "UsersService", "ServiceRuntime", "Identity", "Messaging", "StatusModel", "RedisClient", "OutboundClient", "Reactor", "Signing",
        "JSONBytes", "PrivateServers", httpTypes,
      ]),
    tests(
      "IncidentsService",
      [
        "IncidentsService", "UsersService", "ServiceRuntime", "Messaging", "StatusModel", "RedisClient", "OutboundClient", "Reactor",
        "JSONBytes", "PrivateServers", "ServiceCalls", httpTypes, logging,
      ]),
    tests("FrontendService", ["FrontendService", "ServiceClients", "ServiceRuntime", "StatusModel", "JSONBytes"]),
    tests(
      "CommsService",
      [
        "CommsService", "IncidentsService", "UsersService", "ServiceRuntime", "Identity", "Messaging", "StatusModel", "RedisClient",
        "OutboundClient", "Reactor", "Signing", "JSONBytes", "HTTPServer", "PrivateServers", "ServiceCalls", httpTypes,
      ]),
    tests(
      "CSPIngestorService",
      [
        "CSPIngestorService", "IncidentsService", "UsersService", "ServiceRuntime", "StatusModel", "HTTPServer", "Gzip",
        "OutboundClient", "RedisClient", "Reactor", "JSONBytes", "PrivateServers", "ServiceCalls", httpTypes,
      ]),

    tests(
      "FlagsService",
      [
        "FlagsService", "UsersService", "IncidentsService", "CSPIngestorService", "ServiceClients", "ServiceRuntime", "Identity",
        "Messaging", "StatusModel",
        "RedisClient", "OutboundClient", "Reactor", "JSONBytes", "PrivateServers", "ServiceCalls", httpTypes,
      ]),

    .executableTarget(
      name: "polystatus-config", dependencies: ["StatusModel", "OutboundClient", "Reactor", "JSONBytes", httpTypes, yams],
      path: "Sources/Tools/polystatus-config", swiftSettings: settings),
    tests("PolyStatusConfig", ["polystatus-config", "JSONBytes"]),
    .executableTarget(name: "embed-text", path: "Sources/Tools/embed-text", swiftSettings: settings),
    .plugin(name: "EmbedText", capability: .buildTool(), dependencies: ["embed-text"]),
  ]
)

// The parsers under libFuzzer, in a build of their own: scripts/fuzz.sh sets POLYSTATUS_FUZZ to libFuzzer's runtime.
if let runtime = Context.environment["POLYSTATUS_FUZZ"] {
  let parsers: Set = ["HTTPServer", "Signing", "Messaging", "JSONBytes", "CSPIngestorService"]
  for target in package.targets where parsers.contains(target.name) {
    if target.name == "CSPIngestorService" {
      // Of the service what is pure: nothing that it stands on need be built.
      target.sources = ["Feeds", "Events/ProviderEvent.swift", "Events/Refresh.swift", "Events/Fingerprint.swift"]
      target.dependencies = ["JSONBytes"]
      target.plugins = []
    }
    target.swiftSettings?.append(.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"]))
  }
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: ["CFuzzer", httpTypes] + parsers.map { .target(name: $0) }, path: "Fuzz/Targets",
      swiftSettings: settings, linkerSettings: [.unsafeFlags(["-Xlinker", runtime]), .linkedLibrary("stdc++")]),
  ]
}
