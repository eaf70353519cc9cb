/// Tokens numbered in the order in which they were first seen, with how often each occurred.
///
/// Text is tokenized before its vocabulary is known: samples keep these provisional numbers until
/// ``Vocabulary`` has counted the training split, and are renumbered when they are written.
public struct TokenTable: Sendable {
  /// The most tokens a table holds, some two gigabytes of them.
  public static let capacity = 1 << 24

  /// Every token, in order of first appearance.
  public private(set) var tokens: [String] = []
  /// How often each token was counted.
  public private(set) var counts: [Int] = []
  /// Keyed by bytes: strings compare by canonical equivalence, under which different code points
  /// can be equal.
  private var numbers: [[UInt8]: UInt32] = [:]

  /// An empty table.
  public init() {}

  /// The number of a token; a new token is added with a count of zero.
  ///
  /// - Throws: ``TokenizerError`` when the table is full.
  public mutating func number(of token: String) throws(TokenizerError) -> UInt32 {
    let key = Array(token.utf8)
    if let known = numbers[key] { return known }
    guard tokens.count < Self.capacity else { throw TokenizerError.tooManyTokens }
    let number = UInt32(tokens.count)
    numbers[key] = number
    tokens.append(token)
    counts.append(0)
    return number
  }

  /// Whether a token has a number.
  public func contains(_ token: String) -> Bool { numbers[Array(token.utf8)] != nil }

  /// Adds to the count of a token.
  public mutating func count(_ number: UInt32, times: Int) { counts[Int(number)] += times }
}
