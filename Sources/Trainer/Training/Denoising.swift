internal import DataKit

/// The target value of a class that does not count.
let ignoredClassTarget: Int32 = -100
/// The target value of a number that does not count.
let ignoredValueTarget: Float = -10000

/// How inputs and targets of the pretraining objectives are made of one sample.
///
/// Masked: a masked token becomes the mask id, a masked pixel 0 beside a second channel that says
/// so; the target is what stood there, and every other position is ignored. Causal: the input
/// stays, the target of a position is the next element, and the last position is ignored.
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

  /// The channels (value * (1 - m), m) of each position: [length, 2].
  static func maskValues(_ values: [Float], _ mask: [UInt8]) -> [Float] {
    var input = [Float](repeating: 0, count: 2 * values.count)
    for (position, value) in values.enumerated() {
      let hidden = Float(mask[position])
      input[2 * position] = value * (1 - hidden)
      input[2 * position + 1] = hidden
    }
    return input
  }

  /// The elements at masked positions, `ignored` elsewhere.
  static func maskedTargets<Element>(
    _ elements: [Element],
    _ mask: [UInt8],
    ignored: Element
  ) -> [Element] {
    zip(elements, mask).map { element, hidden in hidden != 0 ? element : ignored }
  }

  /// The elements shifted left by one; the last target is ignored.
  static func nextTargets<Element>(_ elements: [Element], ignored: Element) -> [Element] {
    elements.dropFirst() + [ignored]
  }
}

/// The network's numbers for the 256 grey levels: (level / 255 - mean) / standardDeviation, every
/// step rounded to Float.
struct PixelTable: Sendable {
  let values: [Float]

  /// The table of a data set of one channel.
  init(_ normalization: Normalization) {
    let (mean, deviation) = (normalization.mean[0], normalization.standardDeviation[0])
    values = (0..<256).map { level in
      let unit = Float(level) / normalization.divisor
      return (unit - mean) / deviation
    }
  }
}
