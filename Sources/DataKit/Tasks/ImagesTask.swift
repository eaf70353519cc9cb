internal import Tokenizers

extension TaskDefinition {
  /// A user's own grey images with a table of labels (docs/archives.md).
  static func images(_ options: TaskOptions) -> TaskDefinition {
    TaskDefinition(
      name: "images",
      aliases: [],
      summary: "your own PNG images of one size, in grey, and a table of their labels",
      expectedMembers: ".png files, and one .tsv file of lines <path>, tab, <label>",
      source: "your own archive of images; --labels names the table where it is not in there",
      options: [.split, .splitSeed],
      isInSuite: false,
      acceptsPlainFiles: true,
      locate: { parts in
        guard let name = parts.last, name.hasSuffix(".png") || name.hasSuffix(".tsv") else {
          return nil
        }
        return ([], parts)
      },
      makeCollector: { ImagesCollector($0, options) }
    )
  }
}

/// Reads users' own images and the table that labels them, in any order.
final class ImagesCollector: TaskCollector {
  private static let imageLimit = 64 << 20
  private static let batchSize = 64

  private let context: CollectorContext
  private let options: TaskOptions
  private var size: (width: Int, height: Int)?
  private var images: [String: SampleSpool.Slot] = [:]
  private var faulty: Set<String> = []
  private var pending: [(path: String, bytes: [UInt8])] = []
  private var table: String?
  private var rows: [Row] = []
  private var names = ClassNames()

  /// A line of the table.
  private struct Row {
    var path: String
    var line: Int
    var label: Int
    var split: Split?
  }

  init(_ context: CollectorContext, _ options: TaskOptions) {
    self.context = context
    self.options = options
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    context.membersRead += 1
    let path = tail.joined(separator: "/")
    guard path.hasSuffix(".png") else { return try readTable(member, reader) }
    if let fault = reader.sizeFault(of: member, limit: Self.imageLimit) {
      faulty.insert(path)
      return try context.reject(fault)
    }
    let bytes = try reader.readAll(member, limit: Self.imageLimit)
    // All images have the size of the first.
    if size == nil { size = Self.size(of: bytes) }
    guard let size else {
      faulty.insert(path)
      return try bytes.withUnsafeBytes {
        try context.reject(reader.error(in: member, "not a PNG, or one without pixels"), bytes: $0)
      }
    }
    let limit = reader.limits.imagePixelCount
    guard size.width * size.height <= limit else {
      throw ArchiveError(
        archive: reader.name,
        member: member.path,
        reason: "the image has \(size.width) x \(size.height) pixels, the limit is \(limit)",
        hint: ArchiveLimits.hint("--limit-image-pixels")
      )
    }
    pending.append((path, bytes))
    if pending.count >= Self.batchSize { try submit(size) }
  }

  /// Width and height in a PNG's first chunk; nil when there is no such chunk.
  private static func size(of bytes: [UInt8]) -> (width: Int, height: Int)? {
    guard bytes.count >= 24, bytes[12..<16].elementsEqual("IHDR".utf8) else { return nil }
    let numbers = [16, 20].map { start in
      (0..<4).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
    }
    guard numbers.allSatisfy({ $0 > 0 && $0 <= Int32.max }) else { return nil }
    return (numbers[0], numbers[1])
  }

  private func submit(_ size: (width: Int, height: Int)) throws {
    let (batch, archive) = (pending, context.archive)
    pending = []
    try context.workers.submit {
      batch.map { image -> Result<[UInt8], ArchiveError> in
        do {
          return .success(
            try decodeGreyPNG(image.bytes, width: size.width, height: size.height)
          )
        } catch {
          return .failure(ArchiveError(archive: archive, member: image.path, reason: "\(error)"))
        }
      }
    } deliver: { [self] results in
      for (image, result) in zip(batch, results) {
        switch result {
        case .failure(let error):
          faulty.insert(image.path)
          try image.bytes.withUnsafeBytes { try context.reject(error, bytes: $0) }
        case .success(let pixels):
          let slot = try pixels.withUnsafeBytes { try context.spool($0) }
          guard images.updateValue(slot, forKey: image.path) == nil else {
            throw context.error(in: image.path, "the image stands in the archive twice")
          }
        }
      }
    }
  }

  private func readTable(_ member: ArchiveMember, _ reader: ArchiveReader) throws {
    guard table == nil else {
      throw reader.error(in: member, "a second table of labels; the first is '\(table ?? "")'")
    }
    table = member.path
    try LineReader(context: context, member: member.path).read(from: reader) { piece in
      var line = piece.firstLine - 1
      let faults = try piece.forEachLine(policy: context.errorPolicy) { bytes, fail in
        line += 1
        rows.append(try row(bytes, line, fail))
      }
      try context.reject(faults)
    }
    guard !rows.isEmpty else { throw reader.error(in: member, "there are no rows") }
  }

  /// Reads `<path>`, tab, `<label>`, and where it is there a tab and the split's name.
  private func row(
    _ bytes: UnsafeMutableBufferPointer<UInt8>,
    _ line: Int,
    _ fail: LinePlace
  ) throws -> Row {
    let fields: [[UInt8]]
    do {
      try checkUTF8(UnsafeBufferPointer(bytes))
      fields = try TableLine.fields(of: bytes).map { Array($0) }
    } catch {
      throw fail("\(error)")
    }
    guard (2...3).contains(fields.count), !fields[0].isEmpty, !fields[1].isEmpty else {
      throw fail("expected a path, a label and perhaps a split, separated by tabs")
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
    return Row(path: path, line: line, label: label, split: split)
  }

  func finish() throws -> CollectedTask {
    if let size { try submit(size) }
    try context.workers.finish()
    guard let size else { throw context.error("there are no images (.png)") }
    guard table != nil else {
      throw context.error("there is no table of labels (.tsv): --labels names one")
    }
    rows.removeAll { faulty.contains($0.path) }
    try checkRows()
    let (classNames, classes) = names.ordered()
    let samples = rows.enumerated().compactMap { index, row in
      images[row.path].map {
        SpooledSample(id: Int64(index), label: Double(classes[row.label]), slot: $0)
      }
    }
    if images.count > rows.count {
      context.skipped["images without a line in the table"] = images.count - rows.count
    }
    let parts = try parts()
    for (split, indices) in parts where indices.isEmpty {
      throw context.error("the \(split.rawValue) split would be empty")
    }
    let pixels = size.width * size.height
    return CollectedTask(
      input: .pixels,
      elementType: .uint8,
      encoding: .bytes,
      maximumLength: pixels,
      fixedLength: pixels,
      target: .classes(classNames.count, names: classNames),
      vocabulary: nil,
      normalization: .signed,
      splits: parts.map { ($0.split, $0.indices.map { samples[$0] }) },
      validationSplit: parts.contains { $0.split == .validation } ? .validation : .test,
      options: ["width": "\(size.width)", "height": "\(size.height)"].merging(splitOptions) { $1 }
    )
  }

  /// Every row needs its image, and every image one row.
  private func checkRows() throws {
    var lines: [String: Int] = [:]
    for row in rows {
      guard images[row.path] != nil else {
        throw context.error(
          in: table,
          line: row.line,
          "the image '\(row.path)' is not in the archive"
        )
      }
      if let earlier = lines.updateValue(row.line, forKey: row.path) {
        throw context.error(
          in: table,
          line: row.line,
          "the image '\(row.path)' was labelled in line \(earlier) already"
        )
      }
    }
  }

  /// The splits that the table names, or those drawn.
  private func parts() throws -> [(split: Split, indices: ArraySlice<Int>)] {
    let named = rows.filter { $0.split != nil }.count
    guard named > 0 else {
      return (options.split ?? .standard).cut(rows.count, seed: options.splitSeed ?? 42)
    }
    guard named == rows.count, options.split == nil, options.splitSeed == nil else {
      throw context.error(
        in: table,
        named == rows.count
          ? "the table names splits: --split and --split-seed say otherwise"
          : "some lines name a split, others do not"
      )
    }
    for split in [Split.train, .test] where !rows.contains(where: { $0.split == split }) {
      throw context.error(in: table, "no line names the split '\(split.rawValue)'")
    }
    return Split.allCases.compactMap { split in
      let indices = rows.indices.filter { rows[$0].split == split }
      return indices.isEmpty ? nil : (split, indices[...])
    }
  }

  private var splitOptions: [String: String] {
    rows.contains { $0.split != nil }
      ? [:]
      : [
        "split": (options.split ?? .standard).text, "split_seed": "\(options.splitSeed ?? 42)",
      ]
  }
}
