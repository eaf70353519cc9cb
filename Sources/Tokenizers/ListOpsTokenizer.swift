/// Splits ListOps expressions into operators, digits and closers.
///
/// Parentheses are dropped, `]` becomes `X`, and what is left is split on white space, as the
/// paper's loader does. Tokens outside the grammar are kept as they stand: one that the training
/// split never has ends up as `<unk>`.
public struct ListOpsTokenizer: Sendable {
  /// The most tokens kept of an expression.
  public let limit: Int
  private var batch = TokenBatch()
  /// The numbers of tokens of at most eight bytes, by their bytes.
  private var short: [UInt64: UInt16] = [:]
  /// The numbers of the ten digits and, last, of the closer: most tokens are one of these.
  private var single = [Int32](repeating: -1, count: 128)
  private var long: [String: UInt16] = [:]

  /// A tokenizer that keeps the first `limit` tokens of each expression.
  public init(limit: Int) { self.limit = limit }

  /// Adds an expression to the batch.
  ///
  /// - Throws: ``TokenizerError`` when a byte is outside printable ASCII and white space, or there
  ///   is no token at all.
  public mutating func append(_ source: UnsafeBufferPointer<UInt8>) throws(TokenizerError) {
    var kept = 0
    var found = 0
    var position = 0
    var word: [UInt8] = []
    while position <= source.count {
      let byte = position < source.count ? source[position] : 0x20
      position += 1
      switch byte {
      case 0x20, 0x09, 0x0B, 0x0C, 0x0A, 0x0D:
        guard !word.isEmpty else { continue }
        found += 1
        if kept < limit {
          kept += 1
          batch.numbers.append(try number(of: word))
        }
        word.removeAll(keepingCapacity: true)
      case UInt8(ascii: "("), UInt8(ascii: ")"): continue
      case UInt8(ascii: "]"): word.append(UInt8(ascii: "X"))
      case 0x21...0x7E: word.append(byte)
      default: throw TokenizerError.invalidListOpsByte(byte, offset: position - 1)
      }
    }
    guard found > 0 else { throw TokenizerError.emptyExpression }
    batch.ends.append(batch.numbers.count)
  }

  /// Hands over the batch and starts an empty one.
  public mutating func finish() -> TokenBatch {
    defer { self = ListOpsTokenizer(limit: limit) }
    return batch
  }

  private mutating func number(of word: [UInt8]) throws(TokenizerError) -> UInt16 {
    if word.count == 1, single[Int(word[0])] >= 0 { return UInt16(single[Int(word[0])]) }
    guard word.count <= 8 else {
      let text = String(decoding: word, as: UTF8.self)
      if let known = long[text] { return known }
      let number = try add(text)
      long[text] = number
      return number
    }
    let key = word.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if let known = short[key] { return known }
    let number = try add(String(decoding: word, as: UTF8.self))
    short[key] = number
    if word.count == 1 { single[Int(word[0])] = Int32(number) }
    return number
  }

  private mutating func add(_ token: String) throws(TokenizerError) -> UInt16 {
    guard batch.tokens.count < TokenTable.capacity else { throw TokenizerError.tooManyTokens }
    batch.tokens.append(token)
    return UInt16(batch.tokens.count - 1)
  }
}
