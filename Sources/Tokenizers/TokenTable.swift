/// Tokens numbered in the order in which they were first seen, with how often each occurred.
///
/// Text is tokenized before its vocabulary is known: samples keep these provisional numbers until
/// ``Vocabulary`` has counted the training split, and are renumbered when they are written.
public struct TokenTable: Sendable {
  /// The most tokens a table can hold: with the specials before them, ids are 16 bits wide.
  public static let capacity = 65_536 - SpecialTokens.mostTokens

  /// Every token, in order of first appearance.
  public private(set) var tokens: [String] = []
  /// How often each token was counted.
  public private(set) var counts: [Int] = []
  /// Keyed by bytes: strings compare by canonical equivalence, under which different code points
  /// can be equal.
  private var numbers: [[UInt8]: UInt16] = [:]

  /// An empty table.
  public init() {}

  /// The number of a token; a new token is added with a count of zero.
  ///
  /// - Throws: ``TokenizerError`` when the table is full.
  public mutating func number(of token: String) throws(TokenizerError) -> UInt16 {
    let key = Array(token.utf8)
    if let known = numbers[key] { return known }
    guard tokens.count < Self.capacity else { throw TokenizerError.tooManyTokens }
    let number = UInt16(tokens.count)
    numbers[key] = number
    tokens.append(token)
    counts.append(0)
    return number
  }

  /// Adds to the count of a token.
  public mutating func count(_ number: UInt16, times: Int) { counts[Int(number)] += times }
}

/// The tokens of several samples, numbered within the batch.
///
/// A batch is made on any thread; the thread that owns the ``TokenTable`` then gives its tokens
/// their provisional numbers, batch after batch in a fixed order.
public struct TokenBatch: Sendable {
  /// The distinct tokens of the batch, in order of first appearance.
  public internal(set) var tokens: [String] = []
  /// The samples one after the other; each element is a position in `tokens`.
  public internal(set) var numbers: [UInt16] = []
  /// Where each sample ends in `numbers`.
  public internal(set) var ends: [Int] = []

  /// An empty batch.
  public init() {}

  /// Renumbers the batch by `table`, adding what is new and, if asked, counting.
  ///
  /// - Throws: ``TokenizerError`` when the table overflows.
  public mutating func renumber(
    by table: inout TokenTable,
    counting: Bool
  ) throws(TokenizerError) {
    var final: [UInt16] = []
    for token in tokens { final.append(try table.number(of: token)) }
    var counts = [Int](repeating: 0, count: tokens.count)
    numbers.withUnsafeMutableBufferPointer { numbers in
      for index in numbers.indices {
        let local = Int(numbers[index])
        counts[local] += 1
        numbers[index] = final[local]
      }
    }
    guard counting else { return }
    for (local, count) in counts.enumerated() { table.count(final[local], times: count) }
  }

  /// Adds a token that is not there yet.
  ///
  /// - Throws: ``TokenizerError`` when numbers would no longer fit 16 bits.
  mutating func add(_ token: String) throws(TokenizerError) -> UInt16 {
    guard tokens.count < TokenTable.capacity else { throw TokenizerError.tooManyTokens }
    tokens.append(token)
    return UInt16(tokens.count - 1)
  }
}
