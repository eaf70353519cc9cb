/// Splits UTF-8 text on white space, without any normalization.
///
/// White space is what Python's `str.split()` splits on: the Unicode white space characters and
/// the separators U+001C to U+001F.
public struct WordTokenizer: Sendable {
  /// The most words kept of a text.
  public let limit: Int
  private var batch = TokenBatch()
  private var words = WordNumbers()

  /// A tokenizer that keeps the first `limit` words of each text.
  public init(limit: Int) { self.limit = limit }

  /// Adds a text to the batch; a text of white space alone has no words.
  ///
  /// The whole text must be UTF-8, also beyond the cut.
  ///
  /// - Throws: ``TokenizerError`` with the offset of the first byte that is not UTF-8.
  public mutating func append(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) {
    var position = 0
    var start = 0
    var kept = 0
    while position < text.count {
      let before = position
      guard Self.isSpace(try decodeScalar(text, at: &position)) else { continue }
      keep(text[start..<before], &kept)
      start = position
    }
    keep(text[start..<position], &kept)
    batch.ends.append(batch.numbers.count)
  }

  private mutating func keep(
    _ word: Slice<UnsafeBufferPointer<UInt8>>,
    _ kept: inout Int
  ) {
    guard !word.isEmpty, kept < limit else { return }
    kept += 1
    batch.numbers.append(words.number(of: Array(word), in: &batch))
  }

  @inline(__always)
  private static func isSpace(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x20, 0x09...0x0D, 0x1C...0x1F: true
    case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// Hands over the batch and starts an empty one.
  public mutating func finish() -> TokenBatch {
    defer { self = WordTokenizer(limit: limit) }
    return batch
  }
}
