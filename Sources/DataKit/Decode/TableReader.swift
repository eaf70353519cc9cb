/// Whole lines of a tab-separated table, with the columns wanted of each.
struct TablePiece: Sendable {
  let archive: String
  let member: String
  let firstLine: Int
  let columnCount: Int
  /// For each wanted column its place in a line.
  let columns: [Int]
  let bytes: [UInt8]

  /// Calls `body` with the wanted fields of each line and with a maker of errors for that line.
  func forEachRow(
    _ body: ([UnsafeBufferPointer<UInt8>], (String) -> ArchiveError) throws -> Void
  ) throws {
    try bytes.withUnsafeBufferPointer { whole in
      var line = firstLine
      for raw in whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .dropLast()
      {
        let fail = { [line] (reason: String) in
          ArchiveError(archive: archive, member: member, line: line, reason: reason)
        }
        line += 1
        let fields = try TableLine.fields(of: UnsafeBufferPointer(rebasing: raw), fail)
        guard fields.count == columnCount else {
          throw fail("expected \(columnCount) tab-separated fields, found \(fields.count)")
        }
        try body(columns.map { fields[$0] }, fail)
      }
    }
  }
}

/// Splits a line of a table into fields.
private enum TableLine {
  static func fields(
    of raw: UnsafeBufferPointer<UInt8>,
    _ fail: (String) -> ArchiveError
  ) throws -> [UnsafeBufferPointer<UInt8>] {
    var line = raw[...]
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    if line.contains(UInt8(ascii: "\r")) {
      throw fail("a carriage return stands inside the line; lines end in LF or CRLF")
    }
    if line.contains(0) { throw fail("the line holds a NUL byte") }
    return try line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
      try unquoted(UnsafeBufferPointer(rebasing: $0), fail)
    }
  }

  /// A field in double quotes without them, as a quote-aware reader gives it.
  private static func unquoted(
    _ field: UnsafeBufferPointer<UInt8>,
    _ fail: (String) -> ArchiveError
  ) throws -> UnsafeBufferPointer<UInt8> {
    let quote = UInt8(ascii: "\"")
    guard field.first == quote else { return field }
    let inner = field.dropFirst().dropLast()
    guard field.count >= 2, field.last == quote, !inner.contains(quote) else {
      throw fail("a field begins with a double quote that is not closed at its end")
    }
    return UnsafeBufferPointer(rebasing: inner)
  }
}

/// Streams a tab-separated table with a header line out of an archive member.
struct TableReader {
  let context: CollectorContext
  let member: String
  let pieceSize: Int

  /// Reads the current member of `reader`: `work` runs on any thread on pieces of whole lines,
  /// `deliver` takes its results in the order of the lines.
  func read<Output: Sendable>(
    from reader: ArchiveReader,
    columns names: [String],
    _ work: @escaping @Sendable (TablePiece) throws -> Output,
    deliver: @escaping (Output) throws -> Void
  ) throws {
    var header: (columnCount: Int, columns: [Int])?
    var rest: [UInt8] = []
    var line = 1
    func submit(_ lines: [UInt8]) throws {
      var body = lines
      if header == nil, let end = lines.firstIndex(of: UInt8(ascii: "\n")) {
        header = try parseHeader(lines[..<end], names)
        body = Array(lines[(end + 1)...])
        line += 1
      }
      guard let header, !body.isEmpty else { return }
      let piece = TablePiece(
        archive: context.archive,
        member: member,
        firstLine: line,
        columnCount: header.columnCount,
        columns: header.columns,
        bytes: body
      )
      line += body.lazy.filter { $0 == UInt8(ascii: "\n") }.count
      try context.workers.submit({ try work(piece) }, deliver: deliver)
    }
    var lastEnd: Int?
    try reader.forEachChunk { chunk in
      if let end = chunk.lastIndex(of: UInt8(ascii: "\n")) { lastEnd = rest.count + end }
      rest.append(contentsOf: chunk)
      guard rest.count >= pieceSize else { return }
      guard let end = lastEnd else {
        guard rest.count <= reader.limits.lineByteCount else {
          throw ArchiveError(
            archive: context.archive,
            member: member,
            line: line,
            reason: "a line has over \(reader.limits.lineByteCount) bytes, the limit",
            hint: ArchiveLimits.hint("--limit-line-bytes")
          )
        }
        return
      }
      lastEnd = nil
      let lines = Array(rest[...end])
      rest.removeSubrange(...end)
      try submit(lines)
    }
    if !rest.isEmpty {
      if rest.last != UInt8(ascii: "\n") { rest.append(UInt8(ascii: "\n")) }
      try submit(rest)
    }
    try context.workers.finish()
    guard header != nil else { throw context.error(in: member, "the file is empty") }
  }

  private func parseHeader(
    _ bytes: ArraySlice<UInt8>,
    _ names: [String]
  ) throws -> (columnCount: Int, columns: [Int]) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes
    let text = String(decoding: content, as: UTF8.self)
    let fields = text.split(omittingEmptySubsequences: false) { $0 == "\t" || $0 == "\r\n" }
      .map { $0.last == "\r" ? $0.dropLast() : $0 }
    let columns = try names.map { name in
      guard let index = fields.firstIndex(of: name[...]) else {
        throw context.error(
          in: member,
          line: 1,
          "the header must name the columns \(names.joined(separator: " and ")), "
            + "there is no '\(name)'"
        )
      }
      return index
    }
    return (fields.count, columns)
  }
}
