internal import RealModule

/// Numbers as people read them, the same on every machine.
enum NumberText {
  /// A number with so many decimals and a minus sign, not a hyphen; "–" when it is not finite.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = Double.pow(10, decimals)
    let scaled = (value.magnitude * scale).rounded()
    guard value.isFinite, scaled < 1e15 else { return value.isFinite ? "\(value)" : "–" }
    let digits = Int(scaled)
    let whole = grouped(digits / Int(scale))
    let sign = value < 0 && digits > 0 ? "−" : ""
    guard decimals > 0 else { return sign + whole }
    let rest = String(digits % Int(scale))
    let zeros = String(repeating: "0", count: decimals - rest.count)
    return "\(sign)\(whole).\(zeros)\(rest)"
  }

  /// A number with its sign, plus included.
  static func signed(_ value: Double, _ decimals: Int) -> String {
    let text = fixed(value, decimals)
    return value > 0 && text.contains { $0 != "0" && $0 != "." } ? "+" + text : text
  }

  /// A whole number with commas between thousands.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A number with as many digits as tell it apart: "250", "0.05", "2.5e7".
  static func short(_ value: Double) -> String {
    let size = value.magnitude
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "–" }
    if size >= 1e6 || size < 1e-3 {
      let exponent = exponent(of: value)
      let mantissa = trimmed(fixed(value / Double.pow(10, exponent), 2))
      return mantissa + "e" + (exponent < 0 ? "−" : "") + "\(exponent.magnitude)"
    }
    return trimmed(fixed(value, max(0, 3 - exponent(of: value))))
  }

  /// A power of ten by its name, as on axes: "10k", "1M", else as ``short(_:)``.
  static func axis(_ value: Double) -> String {
    for (unit, name) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    where value.magnitude >= unit && value.magnitude < 1e15 && (unit > 1e3 || value >= 1e4) {
      return trimmed(fixed(value / unit, 2)) + name
    }
    return short(value)
  }

  /// The greatest n with 10^n at most |value|.
  static func exponent(of value: Double) -> Int {
    let guess = Int(Double.log10(value.magnitude).rounded(.down))
    if Double.pow(10, guess + 1) <= value.magnitude { return guess + 1 }
    return Double.pow(10, guess) > value.magnitude ? guess - 1 : guess
  }

  /// "2 h 05 min", "3 min 04 s", "5 s" or "0.4 s".
  static func time(_ seconds: Double) -> String {
    guard seconds >= 10 else { return fixed(seconds, 1) + " s" }
    let whole = Int(min(seconds, 1e12).rounded())
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole >= 3600 { return "\(grouped(whole / 3600)) h \(padded(whole % 3600 / 60)) min" }
    return whole >= 60 ? "\(whole / 60) min \(padded(whole % 60)) s" : "\(whole) s"
  }

  /// A chance, "p = 0.03" or "p < 0.001", with spaces that no line is broken at.
  static func chance(_ p: Double) -> String {
    unbroken("p " + (p < 0.001 ? "" : "= ") + chanceValue(p))
  }

  /// The chance itself, "0.03" or "< 0.001".
  static func chanceValue(_ p: Double) -> String {
    p < 0.001 ? "< 0.001" : fixed(p, p < 0.095 ? 3 : 2)
  }

  /// Text that stays on one line.
  static func unbroken(_ text: String) -> String {
    String(text.map { $0 == " " ? "\u{A0}" : $0 })
  }

  /// "a, b and c".
  static func list(_ names: [String]) -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// "1 run", "2 runs".
  static func count(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    grouped(count) + " " + (count == 1 ? noun : plural ?? noun + "s")
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text[...]
    while text.hasSuffix("0") { text = text.dropLast() }
    return String(text.hasSuffix(".") ? text.dropLast() : text)
  }
}
