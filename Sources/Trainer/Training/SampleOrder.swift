internal import DataKit

/// The order of the samples of one epoch: a permutation that needs no memory.
///
/// The position is encrypted by a Feistel network over the smallest even number of bits that
/// holds `count`, whose round function is Philox keyed by (seed, "ORDR") at the counter (half,
/// round, epoch). A result outside `0 ..< count` is encrypted again (cycle walking; Black and
/// Rogaway, "Ciphers with arbitrary finite domains", 2002), so each position meets one sample.
public struct SampleOrder: Sendable {
  /// The number of samples.
  public let count: Int
  private let generator: Philox
  private let epoch: UInt64
  private let halfBits: UInt64
  private static let rounds: UInt32 = 6

  /// The order of `count` samples in an epoch, counted from 0.
  public init(count: Int, seed: UInt64, epoch: Int) {
    precondition(count >= 0 && epoch >= 0, "SampleOrder: \(count) samples in epoch \(epoch)")
    self.count = count
    self.epoch = UInt64(epoch)
    generator = Philox(seed: seed, purpose: .order)
    var bits: UInt64 = 1
    while 1 << (2 * bits) < count { bits += 1 }
    halfBits = bits
  }

  /// The sample that stands at a position.
  public subscript(position: Int) -> Int {
    precondition(
      position >= 0 && position < count,
      "SampleOrder: position \(position) is outside 0 ..< \(count)"
    )
    var value = UInt64(position)
    repeat { value = encrypt(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func encrypt(_ value: UInt64) -> UInt64 {
    let mask: UInt64 = 1 << halfBits - 1
    var (left, right) = (value >> halfBits, value & mask)
    for round in 0..<Self.rounds {
      let words = generator.words(
        at: SIMD4(
          UInt32(truncatingIfNeeded: right),
          round,
          UInt32(truncatingIfNeeded: epoch),
          UInt32(truncatingIfNeeded: epoch >> 32)
        )
      )
      (left, right) = (right, left ^ UInt64(words[0]) & mask)
    }
    return left << halfBits | right
  }
}
