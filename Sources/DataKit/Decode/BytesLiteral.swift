/// Python's notation of a byte string, `b'...'` or `b"..."`.
///
/// Source: The Python Language Reference, 2.4 (literals).
enum BytesLiteral {
  /// The bytes that a literal stands for; unknown escapes keep their backslash, as in Python.
  ///
  /// - Throws: ``FormatError`` when the text is no whole literal.
  static func decode(_ text: UnsafeBufferPointer<UInt8>) throws(FormatError) -> [UInt8] {
    guard text.count >= 3, text[0] == UInt8(ascii: "b"), let quote = text.last, text[1] == quote,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw FormatError("the text is not a bytes literal (b'...')") }
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    var position = 2
    let end = text.count - 1
    while position < end {
      let byte = text[position]
      position += 1
      guard byte != quote else {
        throw FormatError("the bytes literal ends at byte \(position - 1) of \(text.count)")
      }
      guard byte == UInt8(ascii: "\\") else {
        output.append(byte)
        continue
      }
      guard position < end else {
        throw FormatError("the bytes literal ends inside an escape")
      }
      try appendEscape(text, before: end, &position, to: &output)
    }
    return output
  }

  /// Decodes the escape whose letter is at `position` and moves behind it.
  private static func appendEscape(
    _ text: UnsafeBufferPointer<UInt8>,
    before end: Int,
    _ position: inout Int,
    to output: inout [UInt8]
  ) throws(FormatError) {
    let letter = text[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): output.append(letter)
    case UInt8(ascii: "n"): output.append(0x0A)
    case UInt8(ascii: "r"): output.append(0x0D)
    case UInt8(ascii: "t"): output.append(0x09)
    case UInt8(ascii: "a"): output.append(0x07)
    case UInt8(ascii: "b"): output.append(0x08)
    case UInt8(ascii: "f"): output.append(0x0C)
    case UInt8(ascii: "v"): output.append(0x0B)
    case UInt8(ascii: "x"):
      guard position + 2 <= end, let high = hexDigit(text[position]),
        let low = hexDigit(text[position + 1])
      else { throw FormatError("the escape \\x at byte \(position - 2) lacks two digits") }
      output.append(high << 4 | low)
      position += 2
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      var value = Int(letter - 48)
      var digits = 1
      while digits < 3, position < end, (48...55).contains(text[position]) {
        value = value * 8 + Int(text[position] - 48)
        position += 1
        digits += 1
      }
      output.append(UInt8(truncatingIfNeeded: value))
    default: output += [UInt8(ascii: "\\"), letter]
    }
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
