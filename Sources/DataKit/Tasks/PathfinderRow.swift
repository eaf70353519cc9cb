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
  ///   - reject: takes the errors of single lines, with the line's bytes where it has any.
  /// - Returns: the rows, in the file's order.
  /// - Throws: what `reject` throws, and what `fail` makes for a file that is no table.
  static func parse(
    _ bytes: [UInt8],
    file: UInt32,
    fail: (Int?, String) -> ArchiveError,
    reject: (ArchiveError, UnsafeRawBufferPointer?) throws -> Void
  ) throws -> [PathfinderRow] {
    if NPYStringTable.isNPY(bytes) {
      let table: NPYStringTable
      do {
        table = try NPYStringTable(bytes)
      } catch {
        throw fail(nil, "\(error)")
      }
      var rows: [PathfinderRow] = []
      for row in 0..<table.rowCount {
        do {
          let fields = table.row(row).map { $0[...] }
          rows.append(try Self(fields, file: file, line: row + 1, fail: fail))
        } catch let error as ArchiveError {
          try reject(error, nil)
        }
      }
      return rows
    }
    return try bytes.withUnsafeBufferPointer {
      try parse(lines: $0, file: file, fail: fail, reject: reject)
    }
  }

  private static func parse(
    lines bytes: UnsafeBufferPointer<UInt8>,
    file: UInt32,
    fail: (Int?, String) -> ArchiveError,
    reject: (ArchiveError, UnsafeRawBufferPointer?) throws -> Void
  ) throws -> [PathfinderRow] {
    var rows: [PathfinderRow] = []
    var (start, line) = (0, 0)
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let raw = bytes[start..<end]
      start = end + 1
      line += 1
      if let row = Self(released: raw, file: file, line: line) {
        rows.append(row)
        continue
      }
      do {
        // Everything but the form of the release goes the slow way, which knows what to say.
        guard raw.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 || $0 == 0x0D }) else {
          throw fail(line, "the line holds a byte that is not printable ASCII")
        }
        let text = String(decoding: raw, as: UTF8.self)
        // Nothing after the fourth column is looked at, and a line may have millions.
        let fields = text.split(maxSplits: 4) {
          $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n"
        }
        guard !fields.isEmpty else { continue }
        rows.append(try Self(fields, file: file, line: line, fail: fail))
      } catch let error as ArchiveError {
        try reject(error, UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: raw)))
      }
    }
    return rows
  }

  /// A row as the release has it, its columns parted by single spaces; nil for any other line.
  private init?(released line: Slice<UnsafeBufferPointer<UInt8>>, file: UInt32, line number: Int) {
    let space = UInt8(ascii: " ")
    let folderStart = line.startIndex + 5
    guard line.count > 5, line[..<folderStart].elementsEqual("imgs/".utf8),
      let folderEnd = line[folderStart...].firstIndex(of: space),
      let fileEnd = line[(folderEnd + 1)...].firstIndex(of: space),
      let labelStart = line[(fileEnd + 1)...].firstIndex(of: space).map({ $0 + 1 }),
      labelStart - 1 > fileEnd + 1,
      line[(fileEnd + 1)..<(labelStart - 1)].allSatisfy({ (48...57).contains($0) }),
      labelStart + 1 < line.endIndex, line[labelStart + 1] == space,
      line[labelStart] == 48 || line[labelStart] == 49,
      line[labelStart...].allSatisfy({ (0x20...0x7E).contains($0) }),
      let image = PathfinderImage(
        folder: UnsafeBufferPointer(rebasing: line[folderStart..<folderEnd]),
        file: UnsafeBufferPointer(rebasing: line[(folderEnd + 1)..<fileEnd])
      )
    else { return nil }
    self.file = file
    self.line = UInt32(number)
    self.image = image
    label = line[labelStart] - 48
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
