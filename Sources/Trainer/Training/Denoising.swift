/// The target value of a class that does not count.
let ignoredClassTarget: Int32 = -100
/// The target value of a number that does not count.
let ignoredValueTarget: Float = -10000

/// How inputs and targets of the pretraining objectives are made of one sample.
///
/// Masked: a masked token becomes the mask id, all channels of a masked position 0 beside a further
/// channel that says so; the target is what stood there, and every other position is ignored. Causal:
/// the input stays, the target of a position is the next one, and the last position is ignored.
enum Denoising {
  /// The input and the target of a sample of tokens.
  static func maskTokens(
    _ tokens: [Int32],
    _ mask: [UInt8],
    maskID: Int32
  ) -> (input: [Int32], target: [Int32]) {
    let input = zip(tokens, mask).map { token, hidden in hidden != 0 ? maskID : token }
    return (input, maskedTargets(tokens, mask, ignored: ignoredClassTarget))
  }

  /// The channels (values * (1 - m), m) of each position: [length, channels + 1].
  static func maskValues(_ values: [Float], _ mask: [UInt8], channels: Int = 1) -> [Float] {
    var input = [Float](repeating: 0, count: mask.count * (channels + 1))
    for (position, hidden) in mask.enumerated() {
      let place = position * (channels + 1)
      for channel in 0..<channels where hidden == 0 {
        input[place + channel] = values[position * channels + channel]
      }
      input[place + channels] = Float(hidden)
    }
    return input
  }

  /// The elements of masked positions, [length, channels], `ignored` elsewhere.
  static func maskedTargets<Element>(
    _ elements: [Element],
    _ mask: [UInt8],
    ignored: Element,
    channels: Int = 1
  ) -> [Element] {
    elements.indices.map { mask[$0 / channels] != 0 ? elements[$0] : ignored }
  }

  /// The elements shifted left by one position, [length, channels]; the last position is ignored.
  static func nextTargets<Element>(
    _ elements: [Element],
    ignored: Element,
    channels: Int = 1
  ) -> [Element] {
    Array(elements.dropFirst(channels))
      + repeatElement(ignored, count: min(channels, elements.count))
  }
}
