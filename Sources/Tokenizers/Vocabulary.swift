/// The tokens of a task and their ids.
///
/// Ids 0 … 3 are the specials `<mask>`, `<pad>`, `<unk>`, `<eos>`; the others follow by falling
/// count over the cut training split, ties in code-point order, tokens rarer than the minimum left
/// out (the rule of the paper's loader, which is torchtext's).
public struct Vocabulary: Sendable, Equatable {
  /// The id that replaces a masked token.
  public static let maskID = 0
  /// The id that pads a batch.
  public static let padID = 1
  /// The id of tokens outside the vocabulary.
  public static let unknownID = 2
  /// The id that ends a sample.
  public static let endID = 3
  /// The specials, in id order.
  public static let specials = ["<mask>", "<pad>", "<unk>", "<eos>"]

  /// Every token; the position is the id.
  public let tokens: [String]
  /// The count of every token; 0 for specials.
  public let counts: [Int]
  /// For each provisional number of the table it was made from, the final id.
  public let ids: [UInt16]

  /// The vocabulary of a counted table.
  ///
  /// - Parameters:
  ///   - table: the tokens and their counts over the training split.
  ///   - minimumFrequency: tokens counted less often become `<unk>`; 1 or more.
  public init(_ table: TokenTable, minimumFrequency: Int) {
    let kept = table.tokens.indices
      .filter { index in
        table.counts[index] >= minimumFrequency && !Self.specials.contains(table.tokens[index])
      }
      .sorted { first, second in
        let (one, other) = (table.counts[first], table.counts[second])
        return one != other
          ? one > other
          : table.tokens[first].unicodeScalars.lexicographicallyPrecedes(
            table.tokens[second].unicodeScalars
          )
      }
    var ids = [UInt16](repeating: UInt16(Self.unknownID), count: table.tokens.count)
    for (rank, index) in kept.enumerated() { ids[index] = UInt16(Self.specials.count + rank) }
    self.ids = ids
    tokens = Self.specials + kept.map { table.tokens[$0] }
    counts = [Int](repeating: 0, count: Self.specials.count) + kept.map { table.counts[$0] }
  }
  /// The vocabulary of tokens that are known beforehand: all are kept, in the table's order, also
  /// those that do not occur.
  public init(fixed table: TokenTable) {
    ids = table.tokens.indices.map { UInt16(Self.specials.count + $0) }
    tokens = Self.specials + table.tokens
    counts = [Int](repeating: 0, count: Self.specials.count) + table.counts
  }
}
