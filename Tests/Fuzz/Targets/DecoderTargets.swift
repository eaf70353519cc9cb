import DataKit

extension FuzzTarget {
  /// The decoders of single members, called directly.
  static let decoders: [FuzzTarget] = [
    png,
    decoder("numpy", weight: 12, .pathfinderMetadata, Seeds.numpy.map { .bytes($0) }),
    decoder("metadata", weight: 12, .pathfinderMetadata, [.bytes(Seeds.pathfinderRows)]),
    decoder("pickle", weight: 16, .pickle, Seeds.pickles.map { .bytes($0) }),
    decoder("wav", weight: 12, .wav, Seeds.clips.map { .bytes($0) }),
    decoder("series", weight: 12, .timeSeries, [.bytes(Seeds.series)]),
  ]

  /// The decoder of common files must agree with libpng on every file.
  private static let png = FuzzTarget(name: "png", weight: 20, seeds: Seeds.images) { input in
    let expected = Result { try UntrustedDecoder.png.decode(input.bytes) }
    let found = Result { try UntrustedDecoder.commonPNG.decode(input.bytes) }
    switch (expected, found) {
    case (.success(let expected), .success(let found)):
      guard expected == found else { throw PropertyViolation("two decoders give other pixels") }
    case (.failure(let error), .failure): throw error
    case (.failure(let error), .success):
      throw PropertyViolation("only the decoder of common files takes this: \(error)")
    case (.success, .failure(let error)):
      throw PropertyViolation("only libpng takes this: \(error)")
    }
  }

  private static func decoder(
    _ name: String,
    weight: Int,
    _ decoder: UntrustedDecoder,
    _ seeds: [FuzzSeed]
  ) -> FuzzTarget {
    FuzzTarget(name: name, weight: weight, seeds: seeds) { input in
      _ = try decoder.decode(input.bytes)
    }
  }
}
