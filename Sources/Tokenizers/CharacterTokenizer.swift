/// Splits UTF-8 text into Unicode scalars, one token each, without any normalization.
///
/// A token is a code point, as in Python's `list(text)`: "\r\n" is two tokens, a letter and its
/// combining accent are two.
public struct CharacterTokenizer: Sendable {
  /// The most tokens kept of a text; the rest is cut before anything is counted.
  public let limit: Int
  private var batch = TokenBatch()
  private var ascii = [UInt32](repeating: Self.unknown, count: 128)
  private var others: [UInt32: UInt32] = [:]

  /// Not the number of any token.
  private static let unknown = UInt32.max

  /// A tokenizer that keeps the first `limit` code points of each text.
  public init(limit: Int) { self.limit = limit }

  /// Adds a text to the batch.
  ///
  /// The whole text must be UTF-8, also beyond the cut.
  ///
  /// - Throws: ``TokenizerError`` with the offset of the first byte that is not UTF-8.
  public mutating func append(_ text: UnsafeBufferPointer<UInt8>) throws(TokenizerError) {
    var position = 0
    let room = min(limit, text.count)
    try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: room) {
      numbers throws(TokenizerError) in
      var count = 0
      while position < text.count, count < room {
        let byte = text[position]
        let known = byte < 0x80 ? ascii[Int(byte)] : Self.unknown
        if known != Self.unknown {
          numbers[count] = known
          position += 1
        } else {
          numbers[count] = number(of: try decodeScalar(text, at: &position))
        }
        count += 1
      }
      batch.numbers.append(contentsOf: UnsafeBufferPointer(rebasing: numbers[..<count]))
    }
    while position < text.count { _ = try decodeScalar(text, at: &position) }
    batch.ends.append(batch.numbers.count)
  }

  /// Hands over the batch and starts an empty one.
  public mutating func finish() -> TokenBatch {
    defer { self = CharacterTokenizer(limit: limit) }
    return batch
  }

  /// The number of a scalar; an ASCII one is new.
  private mutating func number(of scalar: UInt32) -> UInt32 {
    if scalar < 128 {
      let number = add(scalar)
      ascii[Int(scalar)] = number
      return number
    }
    if let known = others[scalar] { return known }
    let number = add(scalar)
    others[scalar] = number
    return number
  }

  private mutating func add(_ scalar: UInt32) -> UInt32 {
    guard let value = Unicode.Scalar(scalar) else {
      preconditionFailure("\(scalar) is no scalar; decoding refuses those")
    }
    return batch.add(String(Character(value)))
  }
}

/// Reads one code point and moves on; refuses overlong forms, surrogates and values over U+10FFFF
/// (RFC 3629, section 4).
@inline(__always)
func decodeScalar(
  _ text: UnsafeBufferPointer<UInt8>,
  at position: inout Int
) throws(TokenizerError) -> UInt32 {
  let first = text[position]
  if first < 0x80 {
    position += 1
    return UInt32(first)
  }
  let start = position
  let (length, low, high): (Int, UInt8, UInt8) =
    switch first {
    case 0xC2...0xDF: (2, 0x80, 0xBF)
    case 0xE0: (3, 0xA0, 0xBF)
    case 0xED: (3, 0x80, 0x9F)
    case 0xE1...0xEF: (3, 0x80, 0xBF)
    case 0xF0: (4, 0x90, 0xBF)
    case 0xF4: (4, 0x80, 0x8F)
    case 0xF1...0xF3: (4, 0x80, 0xBF)
    default: throw TokenizerError.invalidUTF8(byte: first, offset: start)
    }
  var scalar = UInt32(first) & (0xFF >> UInt32(length + 1))
  for index in 1..<length {
    guard start + index < text.count else {
      throw TokenizerError.invalidUTF8(byte: first, offset: start)
    }
    let byte = text[start + index]
    let range = index == 1 ? low...high : 0x80...0xBF
    guard range.contains(byte) else {
      throw TokenizerError.invalidUTF8(byte: byte, offset: start + index)
    }
    scalar = scalar << 6 | UInt32(byte & 0x3F)
  }
  position = start + length
  return scalar
}
