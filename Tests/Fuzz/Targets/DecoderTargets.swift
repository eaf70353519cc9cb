import DataKit

extension FuzzTarget {
  /// The decoders of single members, called directly.
  static let decoders: [FuzzTarget] = [
    decoder("png", weight: 20, .png) { Seeds.images },
    decoder("numpy", weight: 12, .pathfinderMetadata) { Seeds.numpy.map { .bytes($0) } },
    decoder("metadata", weight: 12, .pathfinderMetadata) { [.bytes(Seeds.pathfinderRows)] },
  ]

  private static func decoder(
    _ name: String,
    weight: Int,
    _ decoder: UntrustedDecoder,
    _ seeds: @escaping @Sendable () -> [FuzzSeed]
  ) -> FuzzTarget {
    FuzzTarget(name: name, weight: weight, seeds: { _ in seeds() }) { input in
      try decoder.decode(input.bytes)
    }
  }
}
