internal import CXXHash

/// Writes generated ListOps tables in the layout of the Long Range Arena release.
///
/// `lra_release/lra_release/listops-1000/basic_{train,val,test}.tsv`: a header, then an example a
/// line, CRLF. All sources differ. Samples are numbered through the three files in this order.
public struct ListOpsArchive: Sendable {
  /// The folder of all members, with a trailing slash.
  public static let folder = "lra_release/lra_release/listops-1000/"

  /// The most examples of a table.
  public static let countLimit = 1 << 30

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
    guard counts.allSatisfy({ (0...Self.countLimit).contains($0) }), counts.reduce(0, +) > 0 else {
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
    /// The source, a tab, the target and the line's end.
    let line: [UInt8]

    init(_ expression: ListOpsExpression) {
      line = expression.bytes + Array("\t\(expression.value)\r\n".utf8)
    }

    /// 128 bits of XXH3: two rows alike by chance are not to be expected.
    var identity: SIMD2<UInt64> {
      let hash = line.withUnsafeBytes { XXH3_128bits($0.baseAddress, $0.count) }
      return SIMD2(hash.low64, hash.high64)
    }
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
    progress: @escaping (Int) throws -> Void = { _ in }
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
    let workers = OrderedWorkers(threads: threads)
    for piece in pieces {
      try workers.submit { [generator] in
        try piece.map { Row(try generator.expression(at: $0)) }
      } deliver: { rows in
        for (index, first) in zip(piece, rows) {
          let row = try distinct(first, index: index, seen: &seen)
          try tables.append(row.line)
        }
        try progress(piece.upperBound)
      }
    }
    try workers.finish()
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
  private var spool: SampleSpool?
  private var byteCount = 0

  init(names: [String], counts: [Int], folder: String, writer: ArchiveWriter) {
    self.names = names
    self.counts = counts
    self.folder = folder
    self.writer = writer
  }

  mutating func append(_ line: [UInt8]) throws {
    while rows == counts[table] { try finishTable() }
    try append(line, to: try openedSpool())
    rows += 1
  }

  private mutating func append(_ line: [UInt8], to spool: SampleSpool) throws {
    _ = try line.withUnsafeBytes { try spool.append($0) }
    byteCount += line.count
  }

  /// Writes what is left; empty tables get their header.
  mutating func finish() throws {
    while table < names.count { try finishTable() }
  }

  private mutating func openedSpool() throws -> SampleSpool {
    if let spool { return spool }
    let opened = try SampleSpool(in: folder)
    try append(Array("Source\tTarget\r\n".utf8), to: opened)
    spool = opened
    return opened
  }

  private mutating func finishTable() throws {
    let spool = try openedSpool()
    try writer.beginMember(
      "\(ListOpsArchive.folder)basic_\(names[table]).tsv",
      byteCount: byteCount
    )
    try spool.flush()
    var piece = [UInt8](repeating: 0, count: min(byteCount, 1 << 20))
    for offset in stride(from: 0, to: byteCount, by: piece.count) {
      let count = min(piece.count, byteCount - offset)
      try piece.withUnsafeMutableBytes { bytes in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        try spool.read(SampleSpool.Slot(offset: offset, byteCount: count), into: part)
        try writer.append(UnsafeRawBufferPointer(part))
      }
    }
    self.spool = nil
    byteCount = 0
    table += 1
    rows = 0
  }
}
