/// The numbers that a batch gives to words, by the words' bytes.
struct WordNumbers: Sendable {
  /// The most bytes of a short word.
  ///
  /// A short word's key is its bytes after a leading 1, so that
  /// different words have different keys.
  static let shortLength = 7
  /// The key of no bytes.
  static let emptyKey: UInt64 = 1

  private var short: [UInt64: UInt32] = [:]
  private var long: [[UInt8]: UInt32] = [:]
  /// The keys and numbers last met at each place of a small table: most words are one of few.
  private var recent = [(key: UInt64, number: UInt32)](repeating: (0, 0), count: 1024)

  /// The number of a short word, which is added to the batch if it is new.
  @inline(__always)
  mutating func number(
    ofShort key: UInt64,
    in batch: inout TokenBatch
  ) -> UInt32 {
    let place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 54)
    let (known, number) = recent[place]
    if known == key { return number }
    let found = look(up: key, in: &batch)
    recent[place] = (key, found)
    return found
  }

  @inline(never)
  private mutating func look(
    up key: UInt64,
    in batch: inout TokenBatch
  ) -> UInt32 {
    if let known = short[key] { return known }
    let length = 7 - key.leadingZeroBitCount / 8
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: key >> UInt64(8 * (length - 1 - $0))) }
    let number = batch.add(String(decoding: bytes, as: UTF8.self))
    short[key] = number
    return number
  }

  /// The number of a word of any length, which is added to the batch if it is new.
  mutating func number(
    of word: [UInt8],
    in batch: inout TokenBatch
  ) -> UInt32 {
    if word.count <= Self.shortLength {
      return number(ofShort: word.reduce(Self.emptyKey) { $0 << 8 | UInt64($1) }, in: &batch)
    }
    if let known = long[word] { return known }
    let number = batch.add(String(decoding: word, as: UTF8.self))
    long[word] = number
    return number
  }
}
