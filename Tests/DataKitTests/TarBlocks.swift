/// Tar archives by hand, block by block.
enum TarBlocks {
  /// A ustar header.
  static func header(_ name: String, type: Character = "0", size: Int) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int) {
      for (offset, byte) in text.utf8.enumerated() { block[start + offset] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(name, at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(size, 11), at: 124)
    put(octal(0, 11), at: 136)
    put("        ", at: 148)
    put(String(type), at: 156)
    put("ustar\u{0}00", at: 257)
    return sealed(block)
  }

  /// A header with other bytes in some places and its checksum made right.
  static func header(
    _ name: String,
    type: Character = "0",
    size: Int = 0,
    _ changes: [Int: [UInt8]]
  ) -> [UInt8] {
    var block = header(name, type: type, size: size)
    for (start, bytes) in changes {
      block.replaceSubrange(start..<start + bytes.count, with: bytes)
    }
    return sealed(block)
  }

  private static func sealed(_ header: [UInt8]) -> [UInt8] {
    var block = header
    block.replaceSubrange(148..<156, with: "        ".utf8)
    let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    let field = String(repeating: "0", count: 6 - digits.count) + digits + "\u{0} "
    block.replaceSubrange(148..<156, with: field.utf8)
    return block
  }

  /// A header and its body, padded.
  static func member(_ name: String, type: Character = "0", _ bytes: [UInt8]) -> [UInt8] {
    header(name, type: type, size: bytes.count) + padded(bytes)
  }

  /// Bytes and zeros up to a whole block.
  static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  /// A pax header of one record, `"KEYWORD=VALUE\n"`, its length counted here.
  static func pax(_ record: String) -> [UInt8] {
    var length = record.utf8.count + 2
    while "\(length) \(record)".utf8.count != length { length += 1 }
    return paxBody("\(length) \(record)")
  }

  /// A pax header with just this body.
  static func paxBody(_ body: String) -> [UInt8] { member("pax", type: "x", Array(body.utf8)) }

  /// The end of an archive.
  static let end = [UInt8](repeating: 0, count: 1024)
}
