/// What double quotes mean in a table.
public enum TableQuoting: String, Sendable, CaseIterable {
  /// A cell in double quotes is what stands between them, as pandas and spreadsheets write it.
  case standard
  /// Quotes are text like any other.
  case none
}

/// Splits a line of a table into fields.
enum TableLine {
  private static let quote = UInt8(ascii: "\"")
  private static let tab = UInt8(ascii: "\t")
  /// What is wrong with a field in quotes.
  static let unclosed = "a field begins with a double quote that is not closed at its end"
  /// The most fields of a line.
  private static let fieldLimit = 1 << 16

  /// Whether a line is to be passed over: it is empty, or of spaces alone.
  static func isBlank(_ line: some Collection<UInt8>) -> Bool { line.allSatisfy { $0 == 0x20 } }

  /// The fields of a line.
  ///
  /// With standard quoting a field that begins with a double quote ends at the next single one and
  /// may hold tabs; two quotes in it stand for one. Quotes in other fields are text. That is how
  /// pandas reads such files, except that no field goes on over a line's end, nor behind the closing
  /// quote. Quotes are undone in the line itself.
  ///
  /// - Throws: ``FormatError`` for quotes that are not closed, NUL, carriage return and far too many
  ///   fields.
  static func fields(
    of line: UnsafeMutableBufferPointer<UInt8>,
    quoting: TableQuoting = .standard
  ) throws(FormatError) -> [UnsafeBufferPointer<UInt8>] {
    if position(of: UInt8(ascii: "\r"), in: line) != nil {
      throw FormatError("a carriage return stands inside the line; lines end in LF or CRLF")
    }
    if position(of: 0, in: line) != nil { throw FormatError("the line holds a NUL byte") }
    var fields: [UnsafeBufferPointer<UInt8>] = []
    var start = 0
    while true {
      let field: Range<Int>
      if quoting == .standard, start < line.count, line[start] == quote {
        (field, start) = try unquote(line, at: start)
      } else {
        let end = position(of: tab, in: line, from: start) ?? line.count
        (field, start) = (start..<end, end)
      }
      fields.append(UnsafeBufferPointer(rebasing: line[field]))
      guard fields.count <= fieldLimit else {
        throw FormatError("the line has over \(fieldLimit) fields")
      }
      guard start < line.count else { return fields }
      start += 1
    }
  }

  /// Undoes the quotes of the field that begins at `start`.
  ///
  /// - Returns: where the text stands now, and where the field ends.
  private static func unquote(
    _ line: UnsafeMutableBufferPointer<UInt8>,
    at start: Int
  ) throws(FormatError) -> (field: Range<Int>, end: Int) {
    var (source, target) = (start + 1, start + 1)
    while source < line.count {
      if line[source] == quote {
        source += 1
        guard source < line.count, line[source] == quote else {
          guard source == line.count || line[source] == tab else { break }
          return (start + 1..<target, source)
        }
      }
      line[target] = line[source]
      target += 1
      source += 1
    }
    throw FormatError(unclosed)
  }
}
