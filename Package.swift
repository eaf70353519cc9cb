// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// The kernels need AVX2 and FMA to be worth running on x86-64; lra-train checks for both at its
// start. Other processors are compiled for as they are.
#if arch(x86_64)
  let kernelSettings =
    settings + [
      .unsafeFlags(["-Xcc", "-march=x86-64-v3"], .when(configuration: .release))
    ]
#else
  let kernelSettings = settings
#endif

let package = Package(
  name: "long-range-arena",
  products: [
    .executable(name: "lra-prep", targets: ["lra-prep"]),
    .executable(name: "lra-train", targets: ["lra-train"]),
    .library(name: "DataKit", targets: ["DataKit"]),
    .library(name: "Trainer", targets: ["Trainer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CArchive",
      pkgConfig: "libarchive",
      providers: [.apt(["libarchive-dev"])]
    ),
    .systemLibrary(
      name: "COpenBLAS",
      pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"])]
    ),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels"),
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
    .target(name: "CInflate", linkerSettings: [.linkedLibrary("z")]),

    .target(name: "Tokenizers", swiftSettings: settings),
    .target(
      name: "DataKit",
      dependencies: [
        "Tokenizers", "CArchive", "CInflate", "CKernels", "CPNG", "CXXHash", "CCrypto",
      ],
      swiftSettings: settings
    ),
    .target(
      name: "Trainer",
      dependencies: [
        "DataKit", "CKernels", "COpenBLAS",
        .product(name: "Numerics", package: "swift-numerics"),
      ],
      swiftSettings: kernelSettings
    ),

    .target(
      name: "ToolSupport",
      dependencies: [
        "DataKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Tools/Shared",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "lra-prep",
      dependencies: [
        "DataKit", "Tokenizers", "ToolSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Tools/lra-prep",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "lra-train",
      dependencies: [
        "DataKit", "Trainer", "ToolSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/Tools/lra-train",
      swiftSettings: settings
    ),

    .executableTarget(
      name: "lra-bench",
      dependencies: ["DataKit", "Tokenizers"],
      path: "Sources/Tools/lra-bench",
      swiftSettings: settings
    ),

    .target(
      name: "TestSupport",
      dependencies: ["DataKit"],
      path: "Tests/Support",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "lra-fuzz",
      dependencies: [
        "DataKit", "TestSupport", "ToolSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/Fuzz",
      swiftSettings: settings
    ),
    .testTarget(
      name: "TokenizersTests",
      dependencies: ["Tokenizers", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "DataKitTests",
      dependencies: ["DataKit", "Tokenizers", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "TrainerTests",
      dependencies: [
        "Trainer", "DataKit", "TestSupport", .product(name: "Numerics", package: "swift-numerics"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ToolsTests",
      dependencies: ["DataKit", "TestSupport", "lra-fuzz", "lra-prep", "lra-train"],
      swiftSettings: settings
    ),
  ]
)
