/// The shares of a data set that train, validate and test; they add up to 1.
public struct SplitShares: Sendable, Equatable {
  /// What each split gets.
  public let train, validation, test: Double

  /// The shares unless told otherwise.
  public static let standard = SplitShares(checked: (0.8, 0.1, 0.1))

  private init(checked shares: (Double, Double, Double)) {
    (train, validation, test) = shares
  }

  /// Three shares; nil unless each is 0 to 1, training and test get something, and they add up
  /// to 1.
  public init?(train: Double, validation: Double, test: Double) {
    guard [train, validation, test].allSatisfy({ (0...1).contains($0) }), train > 0, test > 0,
      abs(train + validation + test - 1) < 1e-9
    else { return nil }
    self.init(checked: (train, validation, test))
  }

  /// Cuts `count` samples in the order of PyTorch's permutation.
  ///
  /// Training comes first, then the whole part of share times count for validation and for test.
  /// Without a share there is no validation.
  ///
  /// - Throws: ``ArchiveError`` when a split would be empty.
  func cut(
    _ count: Int,
    seed: UInt32,
    in context: CollectorContext
  ) throws -> [(split: Split, indices: ArraySlice<Int>)] {
    let order = randomPermutation(count: count, seed: seed)
    let (validationCount, testCount) = (part(validation, of: count), part(test, of: count))
    let first = count - validationCount - testCount
    let parts: [(split: Split, indices: ArraySlice<Int>)] = [
      (.train, order[..<first]), (.validation, order[first..<first + validationCount]),
      (.test, order[(first + validationCount)...]),
    ].filter { $0.0 != .validation || validation > 0 }
    if let empty = parts.first(where: { $0.indices.isEmpty }) {
      throw context.error(
        "the \(empty.split.rawValue) split would be empty: the shares are \(text), the number of "
          + "samples is \(count)",
        hint: "bring more samples, or give other shares with --split"
      )
    }
    return parts
  }

  /// The whole part of a share: 29 of 100 for 0.29, although the nearest Double is a little less.
  private func part(_ share: Double, of count: Int) -> Int {
    Int(share * Double(count) * (1 + 4 * Double.ulpOfOne))
  }

  /// As in the options of a data set: `0.8,0.1,0.1`.
  var text: String { "\(train),\(validation),\(test)" }
}
