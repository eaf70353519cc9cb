internal import DataKit

/// A masked sample and what a network makes of it.
struct Reconstruction {
  /// A token and what was predicted for it.
  struct Token: Equatable {
    /// What stands there.
    var token: Int32
    /// The likeliest token; nil where nothing was masked.
    var prediction: Int32?
  }

  /// The kinds of samples.
  enum Content {
    /// Levels, [height, width, channels], and one byte a pixel that is 1 where it was masked.
    case image(Image)
    case tokens([Token])
  }

  /// An image before and after.
  struct Image {
    var width: Int
    var height: Int
    var channels: Int
    var original: [UInt8]
    var mask: [UInt8]
    /// The original where nothing was masked.
    var restored: [UInt8]

    /// The original with masked pixels in the middle of the range.
    var masked: [UInt8] {
      original.indices.map { mask[$0 / channels] != 0 ? 128 : original[$0] }
    }

    /// Original, masked and restored side by side with a gap of light pixels: [height, ...].
    var strip: (pixels: [UInt8], width: Int) {
      let gap = max(1, width / 16)
      let parts = [original, masked, restored]
      var pixels: [UInt8] = []
      for row in 0..<height {
        for (index, part) in parts.enumerated() {
          if index > 0 { pixels += repeatElement(255, count: gap * channels) }
          pixels += part[row * width * channels..<(row + 1) * width * channels]
        }
      }
      return (pixels, 3 * width + 2 * gap)
    }
  }

  /// The sample's place in its split.
  var sample: Int
  /// What is seen.
  var content: Content

  /// How many masked elements were restored exactly, of how many; nil for images.
  var hits: (count: Int, of: Int)? {
    guard case .tokens(let tokens) = content else { return nil }
    let masked = tokens.filter { $0.prediction != nil }
    return (masked.filter { $0.prediction == $0.token }.count, masked.count)
  }
}

/// Lets a network restore masked samples.
struct Reconstructor {
  private let source: BatchSource
  private let manifest: Manifest
  /// Pixels of a row; nil for tokens.
  private let imageWidth: Int?

  /// A reconstructor for the samples of a source; nil when they are neither tokens nor images, or the
  /// objective masks nothing.
  init?(_ source: BatchSource, of dataSet: DataSet) {
    guard source.objective.kind == .masked else { return nil }
    (self.source, manifest) = (source, dataSet.manifest)
    switch dataSet.manifest.input {
    case .tokens: imageWidth = nil
    case .pixels:
      guard let width = dataSet.manifest.imageWidth, [1, 3].contains(dataSet.manifest.channels),
        source.restoresLevels
      else { return nil }
      imageWidth = width
    case .audio, .series: return nil
    }
  }

  /// The samples restored by a network, with the masks of variant 0; of pairs the first sequences.
  ///
  /// - Throws: ``DataSetError`` when a sample is damaged, ``NetworkError`` when it does not fit.
  func restore(_ samples: Range<Int>, by network: Network) throws -> [Reconstruction] {
    let (batch, target) = try source.batch(Array(samples), variant: 0)
    try network.check(batch)
    let outputs = network.logits(of: batch)
    let width = outputs.count / (batch.rows * batch.length)
    return try samples.enumerated().map { row, sample in
      let positions = row * batch.length..<row * batch.length + source.split.length(at: sample)
      let own = outputs[positions.lowerBound * width..<positions.upperBound * width]
      return Reconstruction(
        sample: sample,
        content: try imageWidth.map {
          .image(try image(sample, target, positions, Array(own), width: $0))
        } ?? .tokens(tokens(batch, target, positions, Array(own), outputs: width))
      )
    }
  }

  private func tokens(
    _ batch: Batch,
    _ target: Target,
    _ positions: Range<Int>,
    _ logits: [Float],
    outputs: Int
  ) -> [Reconstruction.Token] {
    guard case .tokens(let input) = batch.input, case .classes(let classes) = target else {
      return []
    }
    return positions.enumerated().map { index, position in
      guard classes[position] != ignoredClassTarget else {
        return Reconstruction.Token(token: input[position], prediction: nil)
      }
      return Reconstruction.Token(
        token: classes[position],
        prediction: Int32(likeliest(logits, index, outputs))
      )
    }
  }

  private func image(
    _ sample: Int,
    _ target: Target,
    _ positions: Range<Int>,
    _ outputs: [Float],
    width: Int
  ) throws -> Reconstruction.Image {
    let channels = source.channels
    let original = try source.levels(of: sample)
    var mask = [UInt8](repeating: 0, count: positions.count)
    var restored = original
    for (index, position) in positions.enumerated() {
      switch target {
      case .classes(let classes) where classes[position] != ignoredClassTarget:
        mask[index] = 1
        restored[index] = UInt8(
          clamping: likeliest(outputs, index, outputs.count / positions.count)
        )
      case .values(let values, _) where values[position * channels] != ignoredValueTarget:
        mask[index] = 1
        for channel in 0..<channels {
          let place = index * channels + channel
          restored[place] = source.level(of: outputs[place], channel: channel)
        }
      default: break
      }
    }
    return Reconstruction.Image(
      width: width,
      height: positions.count / width,
      channels: channels,
      original: original,
      mask: mask,
      restored: restored
    )
  }

  /// The class with the largest logit at a position.
  private func likeliest(_ logits: [Float], _ position: Int, _ outputs: Int) -> Int {
    let own = logits[position * outputs..<(position + 1) * outputs]
    return (own.indices.max { own[$0] < own[$1] } ?? own.startIndex) - own.startIndex
  }
}

extension BatchSource {
  /// Whether outputs are levels of pixels, or numbers that are turned back into them.
  var restoresLevels: Bool {
    if objective.loss == .crossEntropy { return true }
    if case .channels = scale { return true }
    return false
  }

  /// The stored levels of a sample of pixels, [length, channels].
  func levels(of sample: Int) throws -> [UInt8] {
    let count = split.length(at: sample) * channels
    let values = try [Int32](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try split.copyValues(at: sample, into: buffer)
    }
    return values.map { UInt8(clamping: $0) }
  }

  /// The level that a scaled number stands for, the nearest one that there is.
  func level(of value: Float, channel: Int) -> UInt8 {
    guard case .channels(let scale) = scale else { return 0 }
    let level =
      (value * scale.standardDeviation[channel] + scale.mean[channel]) * scale.divisor
    return level.isFinite ? UInt8(min(max(level.rounded(), 0), 255)) : 0
  }
}

extension Manifest {
  /// Pixels of a row of its images: what the option `width` says, else they are square; nil when the
  /// samples are no images.
  var imageWidth: Int? {
    guard input == .pixels, let pixels = fixedLength, pixels > 0 else { return nil }
    if let named = options["width"] {
      return Int(named).flatMap { $0 > 0 && pixels % $0 == 0 ? $0 : nil }
    }
    let side = Int(Double(pixels).squareRoot().rounded())
    return side * side == pixels ? side : nil
  }
}
