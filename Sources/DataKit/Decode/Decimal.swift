/// Reads a decimal number such as `-0.73463`, `17` or `1e-05`; nil for anything else, `nan` and
/// `inf` included.
///
/// The result is the nearest Double. Up to 15 digits and powers of ten up to 22 are exact in
/// Double, so that one division or product rounds correctly (Clinger, "How to read floating point
/// numbers accurately", PLDI 1990); everything else goes to the standard library.
func decimal(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
  var position = 0
  let isNegative = text.first == UInt8(ascii: "-")
  if isNegative || text.first == UInt8(ascii: "+") { position = 1 }
  var (mantissa, digits, scale, leading) = (UInt64(0), 0, 0, 0)
  var hasPoint = false
  while position < text.count {
    let byte = text[position]
    if byte == UInt8(ascii: "."), !hasPoint {
      hasPoint = true
    } else if (48...57).contains(byte) {
      leading += 1
      if digits < 19 {
        mantissa = mantissa &* 10 &+ UInt64(byte - 48)
        if mantissa > 0 { digits += 1 }
      } else {
        digits += 1
      }
      if hasPoint { scale -= 1 }
    } else {
      break
    }
    position += 1
  }
  guard leading > 0 else { return nil }
  if position == text.count, digits <= 15, scale >= -22 {
    let value = Double(mantissa) / powersOfTen[-scale]
    return isNegative ? -value : value
  }
  guard text.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }),
    let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
  else { return nil }
  return value
}

/// 10^0 … 10^22, each exact.
private let powersOfTen: [Double] = (0..<22).reduce(into: [1.0]) { powers, _ in
  powers.append(powers[powers.count - 1] * 10)
}
