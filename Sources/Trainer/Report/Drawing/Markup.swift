/// HTML or SVG, in which all text is escaped.
///
/// A string literal and everything interpolated into it is text. Only ``init(trusted:)`` takes markup.
struct Markup: ExpressibleByStringInterpolation, Equatable {
  /// The markup itself.
  private(set) var source: String

  init(stringLiteral text: String) { source = Self.escaped(text) }

  /// Text, escaped.
  init(_ text: String) { source = Self.escaped(text) }

  /// Markup that was written by the program, never read from a file.
  init(trusted source: String) { self.source = source }

  /// Several pieces one after the other.
  init(_ pieces: [Markup], separator: Markup = "") {
    source = pieces.map(\.source).joined(separator: separator.source)
  }

  static func + (left: Markup, right: Markup) -> Markup {
    Markup(trusted: left.source + right.source)
  }

  static func += (left: inout Markup, right: Markup) { left.source += right.source }

  /// Whether nothing is there.
  var isEmpty: Bool { source.isEmpty }

  /// Text with the five characters that mean something in markup written as references; control
  /// characters, which no document may hold, become U+FFFD.
  private static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Elements of HTML that have no end.
  private static let endless: Set<String> = ["img", "meta", "br"]

  /// An element.
  ///
  /// - Parameters:
  ///   - name: as "td" or "path".
  ///   - attributes: written in their order; one that is nil is left out.
  ///   - content: what stands inside.
  /// - Returns: the element with its end, or without for those of HTML that have none.
  static func element(
    _ name: String,
    _ attributes: KeyValuePairs<String, String?> = [:],
    _ content: Markup...
  ) -> Markup {
    var source = "<\(name)"
    for case (let key, let value?) in attributes { source += " \(key)=\"\(escaped(value))\"" }
    source += ">"
    if !endless.contains(name) {
      source += content.map(\.source).joined() + "</\(name)>"
    }
    return Markup(trusted: source)
  }
}
