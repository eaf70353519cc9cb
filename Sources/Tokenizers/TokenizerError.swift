/// Why a text could not be tokenized.
public enum TokenizerError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The bytes at an offset are not UTF-8.
  case invalidUTF8(byte: UInt8, offset: Int)
  /// A byte that cannot stand in a ListOps expression.
  case invalidListOpsByte(UInt8, offset: Int)
  /// A ListOps expression without a single token.
  case emptyExpression
  /// More different tokens than a ``TokenTable`` holds.
  case tooManyTokens
  /// More tokens are frequent enough than ids of 16 bits can number.
  ///
  /// - count: the tokens that the vocabulary would have, specials included.
  /// - fitting: the least minimum frequency whose vocabulary fits.
  /// - keeping: how many tokens, without specials, that frequency keeps.
  case vocabularyTooLarge(count: Int, fitting: Int, keeping: Int)

  /// What is wrong, lower case, with the values found.
  public var description: String {
    switch self {
    case .invalidUTF8(let byte, let offset):
      "byte \(hexadecimal(byte)) at offset \(offset) is not UTF-8"
    case .invalidListOpsByte(let byte, let offset):
      "byte \(hexadecimal(byte)) at offset \(offset) cannot stand in a ListOps expression"
    case .emptyExpression: "the expression has no tokens"
    case .tooManyTokens: "there are more than \(TokenTable.capacity) different tokens"
    case .vocabularyTooLarge(let count, _, _):
      "the vocabulary would have \(count) tokens, and ids of 16 bits can number "
        + "\(Vocabulary.capacity)"
    }
  }
}

/// A byte as `0x0a`.
private func hexadecimal(_ byte: UInt8) -> String {
  "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
