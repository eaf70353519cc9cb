internal import Glibc

/// A whole number with commas between thousands.
public func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return (number < 0 ? "-" : "") + text
}

/// Text cut at spaces into lines of at most so many characters; longer words stand alone.
public func wrapped(_ text: String, to width: Int) -> [String] {
  text.split(separator: " ").reduce(into: []) { lines, word in
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = last + " " + word
    } else {
      lines.append(String(word))
    }
  }
}

/// How many columns standard output has: the terminal's, else what `COLUMNS` says, else 80; never
/// fewer than 40.
public func outputColumns() -> Int {
  var size = winsize()
  if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
    return max(40, Int(size.ws_col))
  }
  let named = getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? 80
  return min(max(40, named), 1000)
}
