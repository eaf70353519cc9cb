internal import DataKit

/// Steps of data preparation: masks replayed from given draws, and pixels.
struct GoldenPreparation {
  let record: GoldenRecord

  /// Compares masks and targets.
  ///
  /// The group `pNN` has draws, a mask being a draw below the one of the description's `probabilities` that
  /// rounds to NN percent; `causal` shifts; `torch_rand` has
  /// the generator's own floats. Span masks are placed by another rule here (docs/shard-format.md), so the
  /// file's own are left unused.
  func checkMasks() throws {
    for tag in record.tags {
      if tag.hasPrefix("p"), let percent = Int(tag.dropFirst()) {
        try checkMask(tag, ratio: Float(try probability(percent)))
      } else if tag == "causal" {
        try checkShift()
      } else if tag == "torch_rand" {
        try checkFloats()
      }
    }
  }

  private struct Probabilities: Decodable { var probabilities: [Double] }

  /// The probability behind a tag's whole percents; of several with the same, the last was written.
  private func probability(_ percent: Int) throws -> Double {
    let known = try GoldenFile.decode(Probabilities.self, of: record.file).probabilities
    let match = known.last { ($0 * 100).rounded(.toNearestOrEven) == Double(percent) }
    guard let match else {
      throw record.error(
        "'p\(percent)' is a group's name, expected one of the probabilities \(known)"
      )
    }
    return match
  }

  private func checkMask(_ tag: String, ratio: Float) throws {
    let uniform: [Float] = try record.values("\(tag).uniform")
    for name in ["ids", "values", "bytes"] {
      try record.require("\(tag).\(name)", count: uniform.count)
    }
    let mask: [UInt8] = uniform.map { $0 < ratio ? 1 : 0 }
    let tokens = Denoising.maskTokens(try record.values("\(tag).ids"), mask, maskID: 0)
    try record.compare(exactly: "\(tag).token_input", tokens.input.map(Float.init))
    try record.compare(exactly: "\(tag).token_target", tokens.target.map(Float.init))
    let values: [Float] = try record.values("\(tag).values")
    try record.compare(exactly: "\(tag).value_input", Denoising.maskValues(values, mask))
    try record.compare(
      exactly: "\(tag).value_target_l1",
      Denoising.maskedTargets(values, mask, ignored: ignoredValueTarget)
    )
    let levels: [Int32] = try record.values("\(tag).bytes")
    try record.compare(
      exactly: "\(tag).value_target_ce",
      Denoising.maskedTargets(levels, mask, ignored: ignoredClassTarget).map(Float.init)
    )
  }

  private func checkShift() throws {
    let tokens: [Int32] = try record.values("causal.ids")
    try record.compare(
      exactly: "causal.token_target",
      Denoising.nextTargets(tokens, ignored: ignoredClassTarget).map(Float.init)
    )
    try record.compare(
      exactly: "causal.value_target_l1",
      Denoising.nextTargets(try record.values("causal.values"), ignored: ignoredValueTarget)
    )
  }

  private struct Seed: Decodable { var torchRandSeed: UInt32 }

  private func checkFloats() throws {
    var generator = MersenneTwister(
      seed: try GoldenFile.decode(Seed.self, of: record.file).torchRandSeed
    )
    let count = try record.file.description(of: "torch_rand.values").elementCount
    let floats = (0..<count).map { _ in Float(generator.next() & 0xFF_FFFF) / 0x1p24 }
    try record.compare(exactly: "torch_rand.values", floats)
  }

  /// Grey levels, the order of pixels, and the normalizations of every level.
  func checkPixels() throws {
    let rgb: [UInt8] = try record.values("rgb")
    let grey = stride(from: 0, to: rgb.count - 2, by: 3).map { place in
      greyLevel(red: rgb[place], green: rgb[place + 1], blue: rgb[place + 2])
    }
    try record.compare(exactly: "gray", grey.map(Float.init))
    // An image is kept row by row, as a tensor is.
    let image: [UInt8] = try record.values("image")
    try record.compare(exactly: "image_flat", image.map(Float.init))
    let unit = levels(Normalization(divisor: 255, mean: [0], standardDeviation: [1]))
    try record.compare(exactly: "unit", unit)
    try record.compare(exactly: "class_of_byte", unit.map { ($0 * 255).rounded(.down) })
    try record.compare(exactly: "cifar_gray", levels(.cifarGrey))
    try record.compare(exactly: "pathfinder", levels(.signed))
  }

  /// A network's numbers for the 256 levels.
  private func levels(_ normalization: Normalization) -> [Float] {
    var values = (0..<256).map { Float($0) }
    InputScale.channels(normalization).apply(to: &values, channels: 1)
    return values
  }
}
