internal import CXXHash

/// Writes generated ListOps tables in the layout of the Long Range Arena release.
///
/// `lra_release/lra_release/listops-1000/basic_{train,val,test}.tsv`: a header, then an example a
/// line, CRLF. All sources differ. Samples are numbered through the three files in this order.
public struct ListOpsArchive: Sendable {
  /// The folder of all members, with a trailing slash.
  public static let folder = "lra_release/lra_release/listops-1000/"

  /// Makes the expressions.
  public let generator: ListOpsGenerator
  /// Examples for training, validation and test; 96,000, 2,000 and 2,000 in the release.
  public let counts: [Int]
  /// Threads that make expressions; the bytes do not depend on it.
  public let threads: Int

  /// A description of an archive to write.
  ///
  /// - Throws: ``GenerateError`` if a count is out of range.
  public init(
    generator: ListOpsGenerator,
    trainCount: Int = 96_000,
    validationCount: Int = 2000,
    testCount: Int = 2000,
    threads: Int = 1
  ) throws(GenerateError) {
    counts = [trainCount, validationCount, testCount]
    guard counts.allSatisfy({ $0 >= 0 && $0 <= 1 << 30 }), counts.reduce(0, +) > 0 else {
      throw GenerateError(reason: "sample counts \(counts) are out of range")
    }
    guard threads >= 1 else {
      throw GenerateError(reason: "thread count \(threads) is not positive")
    }
    self.generator = generator
    self.threads = threads
  }

  /// An example as it stands in the file, with what is needed to tell whether it is new.
  private struct Row: Sendable {
    var source: [UInt8]
    var target: Int

    init(_ expression: ListOpsExpression) {
      source = expression.bytes
      target = expression.value
    }

    /// 128 bits of XXH3: two sources alike by chance are not to be expected.
    var identity: SIMD2<UInt64> {
      let hash = source.withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
      return SIMD2(hash.low64, hash.high64)
    }

    var line: [UInt8] { source + Array("\t\(target)\r\n".utf8) }
  }

  /// Adds the three tables to an archive.
  ///
  /// - Parameters:
  ///   - writer: the archive, left open.
  ///   - spoolFolder: where up to the size of a table, about 7 KB a row, is kept for the time.
  ///   - progress: called with the number of examples made so far.
  /// - Throws: ``ArchiveWriteError``, ``FileError``, ``GenerateError``, or what `progress` throws.
  public func write(
    to writer: ArchiveWriter,
    spoolFolder: String,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    let total = counts.reduce(0, +)
    let pieces = stride(from: 0, to: total, by: 16).map { $0..<min($0 + 16, total) }
    var tables = TableWriter(
      names: ["train", "val", "test"],
      counts: counts,
      folder: spoolFolder,
      writer: writer
    )
    var seen: Set<SIMD2<UInt64>> = []
    try OrderedProduction.run(count: pieces.count, threads: threads) { next, put in
      while let piece = next() {
        put(
          piece,
          Result<[Row], GenerateError> { () throws(GenerateError) in
            var rows: [Row] = []
            for index in pieces[piece] { rows.append(Row(try generator.expression(at: index))) }
            return rows
          }
        )
      }
    } receive: { piece, rows in
      for (index, first) in zip(pieces[piece], try rows.get()) {
        try tables.append(try distinct(first, index: index, seen: &seen).line)
      }
      try progress(pieces[piece].upperBound)
    }
    try tables.finish()
  }

  /// The row itself, or the next for its number whose source has not been seen.
  private func distinct(
    _ first: Row,
    index: Int,
    seen: inout Set<SIMD2<UInt64>>
  ) throws(GenerateError) -> Row {
    var row = first
    var retry = 0
    while !seen.insert(row.identity).inserted {
      retry += 1
      guard retry < 10_000 else {
        throw GenerateError(reason: "there are too few different expressions of these lengths")
      }
      row = Row(try generator.expression(at: index, retry: retry))
    }
    return row
  }
}

/// Cuts a run of lines into tables, each spooled until its size is known.
private struct TableWriter {
  let names: [String]
  let counts: [Int]
  let folder: String
  let writer: ArchiveWriter
  private var table = 0
  private var rows = 0
  private var spool: SpoolFile?

  init(names: [String], counts: [Int], folder: String, writer: ArchiveWriter) {
    self.names = names
    self.counts = counts
    self.folder = folder
    self.writer = writer
  }

  mutating func append(_ line: [UInt8]) throws {
    while rows == counts[table] { try finishTable() }
    try openedSpool().append(line)
    rows += 1
  }

  /// Writes what is left; empty tables get their header.
  mutating func finish() throws {
    while table < names.count { try finishTable() }
  }

  private mutating func openedSpool() throws -> SpoolFile {
    if let spool { return spool }
    let opened = try SpoolFile(folder: folder)
    try opened.append(Array("Source\tTarget\r\n".utf8))
    spool = opened
    return opened
  }

  private mutating func finishTable() throws {
    let spool = try openedSpool()
    try writer.beginMember(
      "\(ListOpsArchive.folder)basic_\(names[table]).tsv",
      byteCount: spool.byteCount
    )
    try spool.drain { try writer.append($0) }
    self.spool = nil
    table += 1
    rows = 0
  }
}
