/// Computes the masks of one mask set.
public struct MaskGenerator: Sendable {
  private let policy: MaskPolicy
  private let generator: Philox

  /// A generator of the masks of `set`.
  public init(_ set: MaskSet) {
    policy = set.policy
    let purpose: Philox.Purpose
    if case .span = set.policy { purpose = .spanMask } else { purpose = .tokenMask }
    generator = Philox(seed: set.seed, purpose: purpose)
  }

  /// Writes the mask of one sample: 1 where a position is masked, else 0.
  ///
  /// - Parameters:
  ///   - mask: one byte per position of the sample; overwritten.
  ///   - sampleID: the sample's position in the canonical order, 0 or more.
  ///   - sequence: 1 for the second sequence of a pair, else 0.
  ///   - variant: the variant, 0 or more and below 2^31.
  public func fill(
    _ mask: UnsafeMutableBufferPointer<UInt8>,
    sampleID: Int64,
    sequence: Int = 0,
    variant: Int
  ) {
    let counter = SIMD4<UInt32>(
      0,
      UInt32(variant) | UInt32(sequence) << 31,
      UInt32(truncatingIfNeeded: sampleID),
      UInt32(truncatingIfNeeded: sampleID >> 32)
    )
    switch policy {
    case .token(let ratio): fillTokens(mask, ratio, counter)
    case .span(let ratio, let length): fillSpans(mask, ratio, length, counter)
    case .causal: mask.update(repeating: 0)
    }
  }

  private func fillTokens(
    _ mask: UnsafeMutableBufferPointer<UInt8>,
    _ ratio: Double,
    _ first: SIMD4<UInt32>
  ) {
    let threshold = UInt32((ratio * 65536).rounded())
    var counter = first
    var position = 0
    while position < mask.count {
      let words = generator.words(at: counter)
      for lane in 0..<min(8, mask.count - position) {
        let bits = words[lane / 2] >> UInt32(16 * (lane % 2)) & 0xFFFF
        mask[position + lane] = bits < threshold ? 1 : 0
      }
      counter[0] &+= 1
      position += 8
    }
  }

  /// Draws `count` distinct slots out of those that remain when every span is shrunk to one
  /// position (Floyd's sampling), widens them again and turns the circle.
  private func fillSpans(
    _ mask: UnsafeMutableBufferPointer<UInt8>,
    _ ratio: Double,
    _ spanLength: Int,
    _ counter: SIMD4<UInt32>
  ) {
    let length = mask.count
    mask.update(repeating: 0)
    guard length > 0 else { return }
    let span = min(spanLength, length)
    let wanted = (Double(length) * ratio / Double(span)).rounded()
    let count = max(1, min(Int(wanted), length / span))
    let slots = length - count * (span - 1)
    var stream = PhiloxStream(generator, at: counter)
    let offset = stream.next(below: length)
    var chosen = [Bool](repeating: false, count: slots)
    for candidate in slots - count..<slots {
      let drawn = stream.next(below: candidate + 1)
      chosen[chosen[drawn] ? candidate : drawn] = true
    }
    var position = offset
    for isSpan in chosen {
      for _ in 0..<(isSpan ? span : 1) {
        if isSpan { mask[position] = 1 }
        position += 1
        if position == length { position = 0 }
      }
    }
  }
}
