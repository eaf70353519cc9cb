/// Takes every byte of a text as a token, whatever the bytes mean.
///
/// The tokens of every batch are all 256, in order, so that a byte's provisional number is the byte
/// itself; ``Vocabulary/init(fixed:)`` keeps that order.
public struct ByteTokenizer: Sendable {
  /// The most bytes kept of a text.
  public let limit: Int
  private var batch: TokenBatch

  /// The 256 tokens: printable ASCII characters as they are, other bytes as `<0x0A>`.
  public static let tokens: [String] = (0...255).map { byte in
    if (0x20...0x7E).contains(byte) { return String(Character(Unicode.Scalar(UInt8(byte)))) }
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(byte < 16 ? "0" : "")\(digits)>"
  }

  /// A tokenizer that keeps the first `limit` bytes of each text.
  public init(limit: Int) {
    self.limit = limit
    batch = TokenBatch()
    batch.tokens = Self.tokens
  }

  /// Adds a text to the batch.
  public mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
    batch.numbers.append(contentsOf: text.prefix(limit).lazy.map { UInt32($0) })
    batch.ends.append(batch.numbers.count)
  }

  /// Hands over the batch and starts an empty one.
  public mutating func finish() -> TokenBatch {
    defer { self = ByteTokenizer(limit: limit) }
    return batch
  }
}
