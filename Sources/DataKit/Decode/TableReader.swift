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
  let quoting: TableQuoting
  let hints: TableHints

  /// Calls `body` with the wanted fields of each line that is not blank, and with a maker of errors
  /// for that line.
  ///
  /// - Returns: how many lines were blank, and the faults of those that the policy left out.
  /// - Throws: the first fault, where it does not.
  func forEachRow(
    policy: ErrorPolicy,
    _ body: ([UnsafeBufferPointer<UInt8>], LinePlace) throws -> Void
  ) throws -> LeftOutLines {
    var blankCount = 0
    var leftOut = try lines.forEachLine(policy: policy) { line, fail in
      guard !TableLine.isBlank(line) else {
        blankCount += 1
        return
      }
      let fields: [UnsafeBufferPointer<UInt8>]
      do {
        fields = try TableLine.fields(of: line, quoting: quoting)
      } catch {
        throw fail("\(error)", hint: hints.hint(for: error))
      }
      guard fields.count == columnCount else {
        throw fail(
          explanation(fields.count)
            ?? "expected \(columnCount) tab-separated fields, found \(fields.count)"
        )
      }
      try body(columns.map { fields[$0] }, fail)
    }
    leftOut.blankCount = blankCount
    return leftOut
  }
}

/// What users may do about faults of their own tables.
struct TableHints: Sendable {
  /// What to do about quotes where there is the option.
  static let quoting = "--quoting none takes quotes as text"

  /// About columns that are not there.
  var columns: String?
  /// About quotes.
  var quotes: String?

  /// The hint for a line whose fields cannot be told.
  func hint(for error: any Error) -> String? {
    (error as? FormatError)?.description == TableLine.unclosed ? quotes : nil
  }
}

/// Streams a tab-separated table out of an archive member.
///
/// Blank lines are passed over, wherever they stand.
struct TableReader {
  let context: CollectorContext
  let member: String
  var quoting = TableQuoting.standard
  var hints = TableHints()

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
      head = { line, number in
        guard !TableLine.isBlank(line) else {
          context.skipBlankLines(1)
          return true
        }
        columns = try find(names, in: try fields(of: line, number), number)
        return false
      }
    }
    try LineReader(context: context, member: member).read(from: reader, head: head) { lines in
      if columns.count == nil {
        columns.count = try countColumns(of: lines, including: columns.positions)
      }
      let piece = TablePiece(
        lines: lines,
        columnCount: columns.count ?? 0,
        columns: columns.positions,
        explanation: explanation,
        quoting: quoting,
        hints: hints
      )
      try context.workers.submit({ try work(piece) }, deliver: deliver)
    }
    try context.workers.finish()
  }

  /// The fields of a line that decides about columns.
  private func fields(of line: ArraySlice<UInt8>, _ number: Int) throws -> [[UInt8]] {
    var copy = Array(line)
    do {
      return try copy.withUnsafeMutableBufferPointer {
        try TableLine.fields(of: $0, quoting: quoting).map { Array($0) }
      }
    } catch {
      throw context.error(in: member, line: number, "\(error)", hint: hints.hint(for: error))
    }
  }

  /// How many fields the first line has that is not blank; nil when all are.
  private func countColumns(of lines: LinePiece, including wanted: [Int]) throws -> Int? {
    var rest = lines.bytes[...]
    var number = lines.firstLine
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[..<end].last == UInt8(ascii: "\r") ? rest[..<end].dropLast() : rest[..<end]
      guard TableLine.isBlank(line) else {
        let count = try fields(of: line, number).count
        guard let last = wanted.max(), last >= count else { return count }
        throw context.error(
          in: member,
          line: number,
          "there is no column \(last + 1): the line has \(count), separated by tabs",
          hint: hints.columns
        )
      }
      rest = rest[(end + 1)...]
      number += 1
    }
    return nil
  }

  private func find(
    _ names: [String],
    in header: [[UInt8]],
    _ number: Int
  ) throws -> (count: Int, positions: [Int]) {
    let positions = try names.map { name in
      let found = header.indices.filter { header[$0].elementsEqual(name.utf8) }
      guard found.count == 1 else {
        let known = header.prefix(20).map { "'\(String(decoding: $0.prefix(40), as: UTF8.self))'" }
        throw context.error(
          in: member,
          line: number,
          found.isEmpty
            ? "the header must name the columns \(names.joined(separator: " and ")), there is no "
              + "'\(name)' among its cells, separated by tabs: \(known.joined(separator: ", "))"
            : "the header names the column '\(name)' \(found.count) times",
          hint: hints.columns
        )
      }
      return found[0]
    }
    return (header.count, positions)
  }
}
