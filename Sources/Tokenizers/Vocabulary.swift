/// The tokens of a task and their ids.
///
/// The specials come first; the others follow by falling count over the cut training split, ties
/// in code-point order, tokens rarer than the minimum left out (the rule of the paper's loader,
/// which is torchtext's). A token of the text that is called like a special is never one: it becomes
/// `<unk>`.
public struct Vocabulary: Sendable, Equatable {
  /// The most tokens a vocabulary may have, specials included: ids are 16 bits wide.
  public static let capacity = 1 << 16

  /// The tokens before all others.
  public let specials: SpecialTokens
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
  ///   - specials: the tokens before all others.
  /// - Throws: ``TokenizerError`` when more than ``capacity`` tokens are frequent enough.
  public init(
    _ table: TokenTable,
    minimumFrequency: Int,
    specials: SpecialTokens = .standard
  ) throws(TokenizerError) {
    let reserved = specials.tokens
    var kept = table.tokens.indices.filter { index in
      table.counts[index] >= minimumFrequency && !reserved.contains(table.tokens[index])
    }
    let room = Self.capacity - reserved.count
    guard kept.count <= room else {
      let counts = kept.map { table.counts[$0] }.sorted(by: >)
      throw TokenizerError.vocabularyTooLarge(
        count: reserved.count + kept.count,
        fitting: counts[room] + 1,
        keeping: counts.prefix { $0 > counts[room] }.count
      )
    }
    kept.sort { first, second in
      let (one, other) = (table.counts[first], table.counts[second])
      return one != other
        ? one > other
        : table.tokens[first].unicodeScalars.lexicographicallyPrecedes(
          table.tokens[second].unicodeScalars
        )
    }
    self.init(table, kept: kept, specials)
  }

  /// The vocabulary of tokens that are known beforehand: all are kept, in the table's order, also
  /// those that do not occur; specials and tokens together are at most ``capacity``.
  public init(fixed table: TokenTable, specials: SpecialTokens = .standard) {
    self.init(table, kept: Array(table.tokens.indices), specials)
  }

  private init(_ table: TokenTable, kept: [Int], _ specials: SpecialTokens) {
    let first = specials.tokens.count
    var ids = [UInt16](repeating: UInt16(specials.unknownID), count: table.tokens.count)
    for (rank, index) in kept.enumerated() { ids[index] = UInt16(first + rank) }
    self.specials = specials
    self.ids = ids
    tokens = specials.tokens + kept.map { table.tokens[$0] }
    counts = [Int](repeating: 0, count: first) + kept.map { table.counts[$0] }
  }
}
