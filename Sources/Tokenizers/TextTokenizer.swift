/// Turns texts into the tokens of a batch, one text after the other.
public protocol TextTokenizer: Sendable {
  /// A tokenizer that keeps the first `limit` tokens of each text.
  init(limit: Int)
  /// Adds a text to the batch.
  ///
  /// - Throws: ``TokenizerError`` when the text is not what the tokenizer reads.
  mutating func append(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError)
  /// Hands over the batch and starts an empty one.
  mutating func finish() -> TokenBatch
}

extension ByteTokenizer: TextTokenizer {}
extension CharacterTokenizer: TextTokenizer {}
extension WordTokenizer: TextTokenizer {}

/// How text becomes tokens.
public enum TokenizerKind: String, Sendable, CaseIterable {
  /// Every byte is a token, whatever it means; the vocabulary is all 256.
  case byte
  /// Every Unicode code point is a token.
  case character
  /// What stands between white space is a token.
  case words

  /// A tokenizer that keeps the first `limit` tokens of each text.
  public func makeTokenizer(limit: Int) -> any TextTokenizer {
    switch self {
    case .byte: ByteTokenizer(limit: limit)
    case .character: CharacterTokenizer(limit: limit)
    case .words: WordTokenizer(limit: limit)
    }
  }
}

/// Checks that a text is UTF-8 throughout.
///
/// - Throws: ``TokenizerError`` with the offset of the first byte that is not.
public func checkUTF8(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) {
  var position = 0
  while position < text.count { _ = try decodeScalar(text, at: &position) }
}
