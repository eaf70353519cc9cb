/// Splits ListOps expressions into operators, digits and closers.
///
/// Parentheses are dropped, `]` becomes `X`, and what is left is split on white space, as the
/// paper's loader does. Tokens outside the grammar are kept as they stand: one that the training
/// split never has ends up as `<unk>`.
public struct ListOpsTokenizer: Sendable {
  /// The most tokens kept of an expression.
  public let limit: Int
  private var batch = TokenBatch()
  private var words = WordNumbers()

  /// A tokenizer that keeps the first `limit` tokens of each expression.
  public init(limit: Int) { self.limit = limit }

  // What a byte does; any greater value is the character that it adds to a word.
  private static let refuse: UInt8 = 0
  private static let end: UInt8 = 1
  private static let drop: UInt8 = 2

  private static let actions: [UInt8] = (0...255).map { byte in
    switch UInt8(byte) {
    case 0x20, 0x09...0x0D: end
    case UInt8(ascii: "("), UInt8(ascii: ")"): drop
    case UInt8(ascii: "]"): UInt8(ascii: "X")
    case 0x21...0x7E: UInt8(byte)
    default: refuse
    }
  }

  /// Adds an expression to the batch.
  ///
  /// - Throws: ``TokenizerError`` when a byte is outside printable ASCII and white space, or there
  ///   is no token at all.
  public mutating func append(_ source: UnsafeBufferPointer<UInt8>) throws(TokenizerError) {
    let actions = Self.actions
    var word = (start: 0, length: 0, key: WordNumbers.emptyKey)
    var found = 0
    for position in 0..<source.count {
      let action = actions[Int(source[position])]
      if action > Self.drop {
        word.key = word.key << 8 | UInt64(action)
        word.length += 1
      } else if action == Self.end {
        if word.length > 0 {
          if found < limit { keep(word, of: source[word.start..<position]) }
          found += 1
        }
        word = (position + 1, 0, WordNumbers.emptyKey)
      } else if action == Self.refuse {
        throw TokenizerError.invalidListOpsByte(source[position], offset: position)
      }
    }
    if word.length > 0 {
      if found < limit { keep(word, of: source[word.start...]) }
      found += 1
    }
    guard found > 0 else { throw TokenizerError.emptyExpression }
    batch.ends.append(batch.numbers.count)
  }

  /// Adds a word; `source` is where it stands, with the bytes to be dropped.
  @inline(__always)
  private mutating func keep(
    _ word: (start: Int, length: Int, key: UInt64),
    of source: Slice<UnsafeBufferPointer<UInt8>>
  ) {
    let number =
      word.length <= WordNumbers.shortLength
      ? words.number(ofShort: word.key, in: &batch)
      : words.number(
        of: source.map { Self.actions[Int($0)] }.filter { $0 > Self.drop },
        in: &batch
      )
    batch.numbers.append(number)
  }

  /// Hands over the batch and starts an empty one.
  public mutating func finish() -> TokenBatch {
    defer { self = ListOpsTokenizer(limit: limit) }
    return batch
  }
}
