/// Wraps bytes as gzip or zlib streams that are sound, whatever the bytes are.
enum Deflate {
  /// How the bytes are coded.
  enum Method: CaseIterable {
    /// As they are.
    case stored
    /// In the fixed Huffman code, runs as matches of distance 1.
    case fixed
  }

  /// A gzip member (RFC 1952).
  static func gzip(_ bytes: [UInt8], _ method: Method) -> [UInt8] {
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] + deflate(bytes, method)
      + littleEndian(crc32(bytes)) + littleEndian(UInt32(truncatingIfNeeded: bytes.count))
  }

  /// A zlib stream (RFC 1950).
  static func zlib(_ bytes: [UInt8], _ method: Method) -> [UInt8] {
    [0x78, 0x01] + deflate(bytes, method) + littleEndian(adler32(bytes)).reversed()
  }

  /// The bytes of a number, the lowest first.
  static func littleEndian(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }

  static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF) { crc, byte in
      crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8
    }
  }

  /// A raw deflate stream (RFC 1951).
  private static func deflate(_ bytes: [UInt8], _ method: Method) -> [UInt8] {
    method == .stored ? stored(bytes) : fixed(bytes)
  }

  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(65535)
      rest = rest.dropFirst(block.count)
      let count = UInt16(block.count)
      output += [rest.isEmpty ? 1 : 0, UInt8(count & 0xFF), UInt8(count >> 8)]
      output += [UInt8(~count & 0xFF), UInt8(~count >> 8)] + block
    } while !rest.isEmpty
    return output
  }

  private static func fixed(_ bytes: [UInt8]) -> [UInt8] {
    var bits = BitWriter()
    bits.append(0b011, count: 3)
    var position = 0
    while position < bytes.count {
      bits.appendLiteral(Int(bytes[position]))
      var run = 0
      while run < 10, position + 1 + run < bytes.count,
        bytes[position + 1 + run] == bytes[position]
      {
        run += 1
      }
      position += 1
      guard run >= 3 else { continue }
      // Lengths 3 to 10 are symbols 257 to 264 without further bits; distance 1 is symbol 0.
      bits.appendLiteral(254 + run)
      bits.append(0, count: 5)
      position += run
    }
    bits.appendLiteral(256)
    return bits.finish()
  }

  /// Bits, the lowest of each byte first.
  private struct BitWriter {
    private var bytes: [UInt8] = []
    private var pending: UInt32 = 0
    private var count = 0

    mutating func append(_ value: Int, count: Int) {
      pending |= UInt32(value) << UInt32(self.count)
      self.count += count
      while self.count >= 8 {
        bytes.append(UInt8(pending & 0xFF))
        pending >>= 8
        self.count -= 8
      }
    }

    /// A symbol of the fixed code; Huffman codes stand with their highest bit first.
    mutating func appendLiteral(_ symbol: Int) {
      let (code, count) =
        switch symbol {
        case 0..<144: (0x30 + symbol, 8)
        case 144..<256: (0x190 + symbol - 144, 9)
        case 256..<280: (symbol - 256, 7)
        default: (0xC0 + symbol - 280, 8)
        }
      append((0..<count).reduce(0) { $0 << 1 | (code >> $1 & 1) }, count: count)
    }

    mutating func finish() -> [UInt8] {
      if count > 0 { bytes.append(UInt8(pending & 0xFF)) }
      return bytes
    }
  }
}
