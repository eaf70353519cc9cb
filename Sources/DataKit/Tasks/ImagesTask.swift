extension TaskDefinition {
  /// A user's own grey images with a table of labels (docs/archives.md).
  static func images(_ options: TaskOptions) -> TaskDefinition {
    TaskDefinition(
      name: "images",
      aliases: [],
      summary: "your own PNG images of one size, in grey, and a table of their labels",
      expectedMembers: ".png files, and one .tsv file of lines <path>, tab, <label>",
      source: "your own archive of images; --labels names the table where it is not in there",
      options: [.quoting, .split, .splitSeed],
      isInSuite: false,
      acceptsPlainFiles: true,
      takesAnyFolder: true,
      locate: { parts in
        guard let name = parts.last, FileEnding.isImage(name) || FileEnding.isTable(name) else {
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
  /// The size of the first image that can be decoded, which all must have.
  private var size: (width: Int, height: Int)?
  /// By the bytes of their paths: strings compare by canonical equivalence.
  private var images: [[UInt8]: SampleSpool.Slot] = [:]
  private var faulty: Set<[UInt8]> = []
  private var pending: [(path: String, bytes: [UInt8])] = []
  private var table: LabelTable?

  init(_ context: CollectorContext, _ options: TaskOptions) {
    self.context = context
    self.options = options
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    let name = tail[tail.count - 1]
    guard FileEnding.isImage(name) else {
      guard FileEnding.isTable(name, isPlainFile: member.isPlainFile) else {
        throw reader.error(in: member, FileEnding.notTable)
      }
      return try readTable(member, reader)
    }
    context.membersRead += 1
    let path = tail.joined(separator: "/")
    if let fault = reader.sizeFault(of: member, limit: Self.imageLimit) {
      faulty.insert(Array(path.utf8))
      return try context.reject(fault)
    }
    let bytes = try reader.readAll(member, limit: Self.imageLimit)
    guard let size = try self.size ?? firstSize(bytes, member, reader) else {
      faulty.insert(Array(path.utf8))
      return
    }
    pending.append((path, bytes))
    if pending.count >= Self.batchSize { try submit(size) }
  }

  private func readTable(_ member: ArchiveMember, _ reader: ArchiveReader) throws {
    if let table {
      guard table.isPlainFile, !member.isPlainFile else {
        throw reader.error(in: member, "a second table of labels; the first is '\(table.member)'")
      }
      return context.skip("tables in the archive, beside that of --labels")
    }
    context.membersRead += 1
    table = try LabelTable(
      member,
      quoting: options.quoting ?? .standard,
      from: reader,
      in: context
    )
  }

  /// The size that all images must have, by the first that can be decoded; nil for one that cannot be
  /// and is left out.
  private func firstSize(
    _ bytes: [UInt8],
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws -> (width: Int, height: Int)? {
    var fault = "not a PNG, or one without pixels"
    if let found = pngSize(of: bytes) {
      let limit = reader.limits.imagePixelCount
      guard found.width * found.height <= limit else {
        throw ArchiveError(
          archive: reader.name,
          member: member.path,
          reason: "the image has \(found.width) x \(found.height) pixels, the limit is \(limit)",
          hint: ArchiveLimits.hint("--limit-image-pixels")
        )
      }
      do throws(PNGError) {
        _ = try decodeGreyPNG(bytes, width: found.width, height: found.height)
        size = found
        return found
      } catch {
        fault = "\(error)"
      }
    }
    try bytes.withUnsafeBytes { try context.reject(reader.error(in: member, fault), bytes: $0) }
    return nil
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
          faulty.insert(Array(image.path.utf8))
          try image.bytes.withUnsafeBytes { try context.reject(error, bytes: $0) }
        case .success(let pixels):
          let slot = try pixels.withUnsafeBytes { try context.spool($0) }
          guard images.updateValue(slot, forKey: Array(image.path.utf8)) == nil else {
            throw context.error(in: image.path, "the image stands in the archive twice")
          }
        }
      }
    }
  }

  func finish() throws -> CollectedTask {
    if let size { try submit(size) }
    try context.workers.finish()
    guard let size else { throw context.error("there are no images (.png)") }
    guard var table else {
      throw context.error("there is no table of labels (.tsv): --labels names one")
    }
    table.rows.removeAll { faulty.contains($0.path) }
    let slots = try takeImages(of: &table)
    if images.count > slots.count {
      context.skipped["images without a line in the table"] = images.count - slots.count
    }
    let parts = try parts(of: table)
    let (classNames, classes) = table.names.ordered()
    let samples = slots.enumerated().map { index, slot in
      SpooledSample(id: Int64(index), label: Double(classes[table.rows[index].label]), slot: slot)
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
      options: ["width": "\(size.width)", "height": "\(size.height)"]
        .merging(splitOptions(of: table)) { $1 }
    )
  }

  /// The image of each row.
  ///
  /// A row without one is rejected, and so is a second row of an image.
  private func takeImages(of table: inout LabelTable) throws -> [SampleSpool.Slot] {
    var lines: [[UInt8]: Int] = [:]
    var slots: [SampleSpool.Slot] = []
    let member = table.member
    // Strings are equal when they look the same, whatever their code points.
    var appearances: Set<String>?
    table.rows = try table.rows.filter { row in
      if let slot = images[row.path], lines[row.path] == nil {
        lines[row.path] = row.line
        slots.append(slot)
        return true
      }
      let path = String(decoding: row.path, as: UTF8.self)
      var fault = "the image '\(path)' is not in the archive"
      if let earlier = lines[row.path] {
        fault = "the image '\(path)' was labelled in line \(earlier) already"
      } else {
        let known = appearances ?? Set(images.keys.map { String(decoding: $0, as: UTF8.self) })
        appearances = known
        // Never taken for it: two files may differ in just that.
        if known.contains(path) {
          fault += ", only one whose name is written with other code points"
        }
      }
      try context.reject(context.error(in: member, line: row.line, fault))
      return false
    }
    return slots
  }

  /// The splits that the table names, or those drawn.
  private func parts(
    of table: LabelTable
  ) throws -> [(split: Split, indices: ArraySlice<Int>)] {
    let rows = table.rows
    let named = rows.filter { $0.split != nil }.count
    guard named > 0 else {
      return try (options.split ?? .standard).cut(
        rows.count,
        seed: options.splitSeed ?? 42,
        in: context
      )
    }
    guard named == rows.count, options.split == nil, options.splitSeed == nil else {
      throw context.error(
        in: table.member,
        named == rows.count
          ? "the table names splits: --split and --split-seed say otherwise"
          : "some lines name a split, others do not"
      )
    }
    for split in [Split.train, .test] where !rows.contains(where: { $0.split == split }) {
      throw context.error(in: table.member, "no line names the split '\(split.rawValue)'")
    }
    return Split.allCases.compactMap { split in
      let indices = rows.indices.filter { rows[$0].split == split }
      return indices.isEmpty ? nil : (split, indices[...])
    }
  }

  private func splitOptions(of table: LabelTable) -> [String: String] {
    var result: [String: String] = [:]
    if let quoting = options.quoting { result["quoting"] = quoting.rawValue }
    guard !table.rows.contains(where: { $0.split != nil }) else { return result }
    result["split"] = (options.split ?? .standard).text
    result["split_seed"] = "\(options.splitSeed ?? 42)"
    return result
  }
}
