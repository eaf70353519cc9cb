internal import Tokenizers

/// The table that labels users' own images: `<path>`, tab, `<label>`, and where it is there a tab and
/// the split's name.
struct LabelTable {
  /// A line of the table.
  struct Row {
    /// The path's bytes, without `.` parts: strings compare by canonical equivalence.
    var path: [UInt8]
    var line: Int
    var label: Int
    var split: Split?
  }

  /// The table's path in the archive.
  let member: String
  /// Whether the table is an input of its own.
  let isPlainFile: Bool
  var rows: [Row] = []
  private(set) var names = ClassNames()

  /// Reads the current member of `reader`.
  ///
  /// - Throws: ``ArchiveError``.
  init(
    _ member: ArchiveMember,
    quoting: TableQuoting,
    from reader: ArchiveReader,
    in context: CollectorContext
  ) throws {
    self.member = member.path
    isPlainFile = member.isPlainFile
    var isFirst = true
    try LineReader(context: context, member: member.path).read(from: reader) { piece in
      var line = piece.firstLine - 1
      var blankCount = 0
      var leftOut = try piece.forEachLine(policy: context.errorPolicy) { bytes, fail in
        line += 1
        guard !TableLine.isBlank(bytes) else {
          blankCount += 1
          return
        }
        defer { isFirst = false }
        if let row = try row(bytes, line, quoting, isFirst: isFirst, fail) { rows.append(row) }
      }
      leftOut.blankCount = blankCount
      try context.leaveOut(leftOut)
    }
    guard !rows.isEmpty else { throw reader.error(in: member, "there are no rows") }
  }

  /// A line's row; nil for a header: the first line, when its path has neither a dot nor a slash.
  private mutating func row(
    _ bytes: UnsafeMutableBufferPointer<UInt8>,
    _ line: Int,
    _ quoting: TableQuoting,
    isFirst: Bool,
    _ fail: LinePlace
  ) throws -> Row? {
    let fields: [[UInt8]]
    do {
      try checkUTF8(UnsafeBufferPointer(bytes))
      fields = try TableLine.fields(of: bytes, quoting: quoting).map { Array($0) }
    } catch {
      throw fail("\(error)", hint: TableHints(quotes: TableHints.quoting).hint(for: error))
    }
    guard (2...3).contains(fields.count), !fields[0].isEmpty, !fields[1].isEmpty else {
      throw fail("expected a path, a label and perhaps a split, separated by tabs")
    }
    if isFirst, !fields[0].contains(UInt8(ascii: ".")), !fields[0].contains(UInt8(ascii: "/")) {
      return nil
    }
    let texts = fields.map { String(decoding: $0, as: UTF8.self) }
    let split = texts.count == 3 ? SplitName.split(of: texts[2][...]) : nil
    guard texts.count == 2 || split != nil else {
      throw fail("the split '\(texts[2].prefix(40))' is none of train, validation and test")
    }
    guard let label = names.number(of: fields[1]) else {
      throw fail("there are over \(ClassNames.limit) different labels")
    }
    let path = texts[0].split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    return Row(path: Array(path.utf8), line: line, label: label, split: split)
  }
}
