/// Reads the operands of a pickle's opcodes.
struct PickleCursor {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// An error at the place just read.
  func fault(_ reason: String) -> FormatError {
    FormatError("pickle: \(reason), before byte \(position)")
  }

  /// The next bytes.
  mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard (0...bytes.count - position).contains(count) else {
      throw fault("\(count) bytes are expected where \(bytes.count - position) are left")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// An unsigned number, little-endian.
  mutating func number(byteCount: Int) throws(FormatError) -> Int {
    try take(byteCount).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// A number in two's complement of at most eight bytes.
  mutating func signed(byteCount: Int) throws(FormatError) -> Int {
    guard (0...8).contains(byteCount) else { throw fault("an integer of \(byteCount) bytes") }
    guard byteCount > 0 else { return 0 }
    let bits = try take(byteCount).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let shift = UInt64(64 - 8 * byteCount)
    return Int(Int64(bitPattern: bits << shift) >> Int64(shift))
  }

  /// Where the next bytes are in the file.
  mutating func string(_ count: Int) throws(FormatError) -> Range<Int> {
    try take(count).indices
  }

  /// The text up to the next line feed.
  mutating func line() throws(FormatError) -> String {
    guard let end = bytes[position...].prefix(256).firstIndex(of: UInt8(ascii: "\n")) else {
      throw fault("a name without an end")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }
}
