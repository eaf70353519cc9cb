/// Which columns of a table are wanted, and how they are found.
enum TableColumns {
  /// By the names in the table's first line.
  case named([String])
  /// By position, in a table without a header.
  ///
  /// - count: how many columns there must be; nil for as many as the first line has.
  /// - wanted: the positions, from 0.
  /// - explanation: what to say about a line of another count, if there is more to say.
  case numbered(count: Int?, wanted: [Int], explanation: @Sendable (Int) -> String?)
}

/// Whole lines of a tab-separated table, with the columns wanted of each.
struct TablePiece: Sendable {
  let lines: LinePiece
  /// How many fields a line has.
  let columnCount: Int
  /// For each wanted column its place in a line.
  let columns: [Int]
  let explanation: @Sendable (Int) -> String?

  /// Calls `body` with the wanted fields of each line and with a maker of errors for that line.
  ///
  /// - Returns: the faults of lines that were left out, where the policy allows that.
  /// - Throws: the first fault, where it does not.
  func forEachRow(
    policy: ErrorPolicy,
    _ body: ([UnsafeBufferPointer<UInt8>], LinePlace) throws -> Void
  ) throws -> [FaultyLine] {
    try lines.forEachLine(policy: policy) { line, fail in
      let fields: [UnsafeBufferPointer<UInt8>]
      do {
        fields = try TableLine.fields(of: line)
      } catch {
        throw fail("\(error)")
      }
      guard fields.count == columnCount else {
        throw fail(
          explanation(fields.count)
            ?? "expected \(columnCount) tab-separated fields, found \(fields.count)"
        )
      }
      try body(columns.map { fields[$0] }, fail)
    }
  }
}

/// Splits a line of a table into fields.
enum TableLine {
  private static let quote = UInt8(ascii: "\"")
  private static let tab = UInt8(ascii: "\t")
  /// The most fields of a line.
  private static let fieldLimit = 1 << 16

  /// The fields of a line.
  ///
  /// A field that begins with a double quote ends at the next single one and may hold tabs; two
  /// quotes in it stand for one. Quotes in other fields are text. That is how pandas reads such
  /// files, except that no field goes on over a line's end. Quotes are undone in the line itself.
  ///
  /// - Throws: ``FormatError`` for quotes that are not closed, NUL, carriage return and far too many
  ///   fields.
  static func fields(
    of line: UnsafeMutableBufferPointer<UInt8>
  ) throws(FormatError) -> [UnsafeBufferPointer<UInt8>] {
    if position(of: UInt8(ascii: "\r"), in: line) != nil {
      throw FormatError("a carriage return stands inside the line; lines end in LF or CRLF")
    }
    if position(of: 0, in: line) != nil { throw FormatError("the line holds a NUL byte") }
    var fields: [UnsafeBufferPointer<UInt8>] = []
    var start = 0
    while true {
      let field: Range<Int>
      if start < line.count, line[start] == quote {
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
    throw FormatError("a field begins with a double quote that is not closed at its end")
  }
}

/// Streams a tab-separated table out of an archive member.
struct TableReader {
  let context: CollectorContext
  let member: String

  /// Reads the current member of `reader`: `work` runs on any thread on pieces of whole lines,
  /// `deliver` takes its results in the order of the lines.
  func read<Output: Sendable>(
    from reader: ArchiveReader,
    columns wanted: TableColumns,
    _ work: @escaping @Sendable (TablePiece) throws -> Output,
    deliver: @escaping (Output) throws -> Void
  ) throws {
    var columns: (count: Int?, positions: [Int]) = (nil, [])
    var head: ((ArraySlice<UInt8>, Int) throws -> Bool)?
    var explanation: @Sendable (Int) -> String? = { _ in nil }
    switch wanted {
    case .numbered(let count, let positions, let reason):
      columns = (count, positions)
      explanation = reason
    case .named(let names):
      head = { line, _ in
        columns = try find(names, in: line)
        return false
      }
    }
    try LineReader(context: context, member: member).read(from: reader, head: head) { lines in
      let count = try columns.count ?? countColumns(of: lines, including: columns.positions)
      columns.count = count
      let piece = TablePiece(
        lines: lines,
        columnCount: count,
        columns: columns.positions,
        explanation: explanation
      )
      try context.workers.submit({ try work(piece) }, deliver: deliver)
    }
    try context.workers.finish()
  }

  /// How many fields the first line has.
  private func countColumns(of lines: LinePiece, including wanted: [Int]) throws -> Int {
    var first = Array(lines.bytes.prefix { $0 != UInt8(ascii: "\n") })
    if first.last == UInt8(ascii: "\r") { first.removeLast() }
    do {
      let count = try first.withUnsafeMutableBufferPointer { try TableLine.fields(of: $0).count }
      guard let last = wanted.max(), last >= count else { return count }
      throw FormatError("there is no column \(last + 1): the line has \(count)")
    } catch {
      throw context.error(in: member, line: lines.firstLine, "\(error)")
    }
  }

  private func find(
    _ names: [String],
    in header: ArraySlice<UInt8>
  ) throws -> (count: Int, positions: [Int]) {
    let fields = header.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    let positions = try names.map { name in
      guard let index = fields.firstIndex(where: { $0.elementsEqual(name.utf8) }) else {
        throw context.error(
          in: member,
          line: 1,
          "the header must name the columns \(names.joined(separator: " and ")), "
            + "there is no '\(name)'"
        )
      }
      return index
    }
    return (fields.count, positions)
  }
}
