internal import CKernels

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
  ///   - variant: the variant; 0 ..< 2^31.
  ///   - sequence: 0, or 1 for the second sequence of a pair.
  public func fill(
    _ mask: UnsafeMutableBufferPointer<UInt8>,
    sampleID: Int64,
    variant: Int,
    sequence: Int = 0
  ) {
    withWords(mask.count, sampleID, variant, sequence) { words in
      PackedBits.expand(UnsafeRawBufferPointer(words), from: 0, into: mask)
    }
  }

  /// Sets the bits of one sample's mask in a packed array, least significant first.
  ///
  /// - Parameters:
  ///   - bytes: the array; bits of positions that are not masked are left as they are, so it
  ///     starts as zeros.
  ///   - bitOffset: the bit of the sample's first position.
  ///   - count: the sample's length.
  ///   - sampleID: the sample's position in the canonical order, 0 or more.
  ///   - variant: the variant; 0 ..< 2^31.
  ///   - sequence: 0, or 1 for the second sequence of a pair.
  /// - Precondition: the array holds bits `bitOffset` ..< `bitOffset + count`.
  public func fillBits(
    _ bytes: UnsafeMutableRawBufferPointer,
    bitOffset: Int,
    count: Int,
    sampleID: Int64,
    variant: Int,
    sequence: Int = 0
  ) {
    withWords(count, sampleID, variant, sequence) { words in
      PackedBits.set(UnsafeBufferPointer(words), count: count, in: bytes, at: bitOffset)
    }
  }

  /// Lends a sample's mask as words, least significant bit first; the bits after its end are
  /// undefined.
  private func withWords(
    _ length: Int,
    _ sampleID: Int64,
    _ variant: Int,
    _ sequence: Int,
    _ body: (UnsafeMutableBufferPointer<UInt64>) -> Void
  ) {
    precondition(variant >= 0 && variant < 1 << 31, "variant \(variant) is not in 0 ..< 2^31")
    precondition(sequence == 0 || sequence == 1, "sequence \(sequence) is neither 0 nor 1")
    let counter = SIMD4<UInt32>(
      0,
      UInt32(variant) | UInt32(sequence) << 31,
      UInt32(truncatingIfNeeded: sampleID),
      UInt32(truncatingIfNeeded: sampleID >> 32)
    )
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: (length + 63) / 64) { words in
      switch policy {
      case .token(let ratio):
        let threshold = UInt32((ratio * 65536).rounded())
        let blocks = generator.blocks(from: counter)
        ckernels_philox_below(words.baseAddress, words.count, blocks, threshold)
      case .span(let ratio, let span):
        words.initialize(repeating: 0)
        SpanPlacement(length: length, ratio: ratio, span: span)
          .place(in: words, PhiloxStream(generator, at: counter))
      case .causal: words.initialize(repeating: 0)
      }
      body(words)
    }
  }
}
