/// The tokens of several samples, numbered within the batch.
///
/// A batch is made on any thread; the thread that owns the ``TokenTable`` then gives its tokens
/// their provisional numbers, batch after batch in a fixed order.
public struct TokenBatch: Sendable {
  /// The distinct tokens of the batch, in order of first appearance.
  public internal(set) var tokens: [String] = []
  /// The samples one after the other; each element is a position in `tokens`.
  public internal(set) var numbers: [UInt32] = []
  /// Where each sample ends in `numbers`.
  public internal(set) var ends: [Int] = []

  /// An empty batch.
  public init() {}

  /// The provisional numbers of the batch's samples by `table`, to which new tokens are added.
  ///
  /// - Parameters:
  ///   - table: numbers the tokens.
  ///   - counting: whether the table counts them, too.
  /// - Returns: the numbers, sample after sample.
  /// - Throws: ``TokenizerError`` when the table is full.
  public func numbers(
    by table: inout TokenTable,
    counting: Bool
  ) throws(TokenizerError) -> TokenNumbers {
    var final: [UInt32] = []
    final.reserveCapacity(tokens.count)
    for token in tokens { final.append(try table.number(of: token)) }
    var counts = [Int](repeating: 0, count: tokens.count)
    let result: TokenNumbers =
      table.tokens.count <= 1 << 16
      ? .narrow(renumbered(final.map { UInt16($0) }, &counts))
      : .wide(renumbered(final, &counts))
    if counting {
      for (local, count) in counts.enumerated() { table.count(final[local], times: count) }
    }
    return result
  }

  /// The batch's numbers, each replaced by its entry in `final` and counted.
  private func renumbered<Number: FixedWidthInteger>(
    _ final: [Number],
    _ counts: inout [Int]
  ) -> [Number] {
    [Number](unsafeUninitializedCapacity: numbers.count) { output, count in
      numbers.withUnsafeBufferPointer { numbers in
        final.withUnsafeBufferPointer { final in
          counts.withUnsafeMutableBufferPointer { counts in
            for index in numbers.indices {
              let local = Int(numbers[index])
              counts[local] += 1
              output[index] = final[local]
            }
          }
        }
      }
      count = numbers.count
    }
  }

  /// Adds a token that is not there yet.
  mutating func add(_ token: String) -> UInt32 {
    tokens.append(token)
    return UInt32(tokens.count - 1)
  }
}

/// Provisional numbers of samples, one sample after the other.
public enum TokenNumbers: Sendable, Equatable {
  /// As long as 16 bits are enough for all tokens that have a number so far.
  case narrow([UInt16])
  /// From then on.
  case wide([UInt32])
}
