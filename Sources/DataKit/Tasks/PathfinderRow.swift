/// One row of a Pathfinder metadata file.
struct PathfinderRow: Sendable {
  /// The number of the metadata file.
  var file: UInt32
  /// The row's line, counted from 1.
  var line: UInt32
  var image: PathfinderImage
  var label: UInt8

  /// Reads a metadata file: text as in the release, or NumPy's binary format as the generator
  /// itself writes it (told apart by the first six bytes).
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - file: the number in the file's name.
  ///   - fail: makes an error for a line.
  /// - Returns: the rows, in the file's order.
  /// - Throws: what `fail` makes, for the first line that breaks a rule.
  static func parse(
    _ bytes: [UInt8],
    file: UInt32,
    fail: (Int?, String) -> ArchiveError
  ) throws -> [PathfinderRow] {
    if NPYStringTable.isNPY(bytes) {
      let table: NPYStringTable
      do {
        table = try NPYStringTable(bytes)
      } catch {
        throw fail(nil, "\(error)")
      }
      return try (0..<table.rowCount).map { row in
        let fields = table.row(row)
        return try Self(fields.map { $0[...] }, file: file, line: row + 1, fail: fail)
      }
    }
    var rows: [PathfinderRow] = []
    for (index, raw) in bytes.split(
      separator: UInt8(ascii: "\n"),
      omittingEmptySubsequences: false
    ).enumerated() {
      guard raw.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 || $0 == 0x0D }) else {
        throw fail(index + 1, "the line holds a byte that is not printable ASCII")
      }
      let text = String(decoding: raw, as: UTF8.self)
      let fields = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard !fields.isEmpty else { continue }
      rows.append(try Self(fields, file: file, line: index + 1, fail: fail))
    }
    return rows
  }

  /// Columns 0, 1 and 3: `imgs/<k>`, `sample_<i>.png` and the label.
  private init(
    _ fields: [Substring],
    file: UInt32,
    line: Int,
    fail: (Int?, String) -> ArchiveError
  ) throws {
    guard fields.count >= 4 else {
      throw fail(line, "expected at least 4 columns, found \(fields.count)")
    }
    let folder = fields[0].split(separator: "/", omittingEmptySubsequences: false)
    guard folder.count == 2, folder[0] == "imgs",
      let image = PathfinderImage(folder: folder[1], file: fields[1])
    else {
      throw fail(
        line,
        "'\(fields[0])/\(fields[1])' does not name an image (imgs/<k>/sample_<i>.png)"
      )
    }
    guard fields[3] == "0" || fields[3] == "1" else {
      throw fail(line, "label '\(fields[3])', expected 0 or 1")
    }
    self.file = file
    self.line = UInt32(line)
    self.image = image
    self.label = fields[3] == "1" ? 1 : 0
  }
}
