extension TaskDefinition {
  /// Pathfinder: whether two discs are joined by a path (docs/archives.md).
  static func pathfinder(side: Int, _ options: TaskOptions) -> TaskDefinition {
    let level = PathfinderCollector.level(contourLength: options.contourLength ?? 14)
    let aliases = [128: ["pathx"], 256: ["pathx256"]][side] ?? []
    return TaskDefinition(
      name: "pathfinder\(side)",
      aliases: aliases,
      summary: "\(side) x \(side) grey images, 2 classes, \(side * side) pixels (lra_release.gz)",
      expectedMembers: "pathfinder\(side)/\(level)/imgs and metadata",
      source: Publication.longRangeArena,
      publication: Publication(
        archive: "lra_release.gz",
        byteCount: nil,
        samples: [.train: 160_000, .validation: 20_000, .test: 20_000],
        classes: 2,
        length: "\(side * side) pixels"
      ),
      options: [.contourLength],
      locatesByFolder: true,
      locate: inFolder("pathfinder\(side)"),
      makeCollector: { PathfinderCollector($0, side: side, level: level) }
    )
  }
}

/// Names an image of a Pathfinder level: `imgs/<folder>/sample_<number>.png`.
struct PathfinderImage: Hashable, Comparable, Sendable {
  var folder: UInt32
  var number: UInt32

  init(folder: UInt32, number: UInt32) {
    self.folder = folder
    self.number = number
  }

  /// The image named by a folder and a file; nil for any other names.
  init?(folder: Substring, file: Substring) {
    var (folder, file) = (folder, file)
    let image = folder.withUTF8 { folder in file.withUTF8 { Self(folder: folder, file: $0) } }
    guard let image else { return nil }
    self = image
  }

  /// The image named by the UTF-8 of a folder and a file; nil for any other names.
  init?(folder: UnsafeBufferPointer<UInt8>, file: UnsafeBufferPointer<UInt8>) {
    let (start, end): (StaticString, StaticString) = ("sample_", ".png")
    let (first, last) = (start.utf8CodeUnitCount, file.count - end.utf8CodeUnitCount)
    guard first < last, Self.holds(file[..<first], start), Self.holds(file[last...], end),
      let folder = Self.number(folder[...]), let number = Self.number(file[first..<last])
    else { return nil }
    self.init(folder: folder, number: number)
  }

  private static func holds(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ text: StaticString)
    -> Bool
  {
    text.withUTF8Buffer { bytes.elementsEqual($0) }
  }

  /// A plain decimal number without sign or leading zeros.
  static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32? {
    guard let first = digits.first, digits.count <= 9, first != 48 || digits.count == 1 else {
      return nil
    }
    var number: UInt32 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      number = 10 * number + UInt32(digit - 48)
    }
    return number
  }

  /// ``number(_:)`` of text.
  static func number(_ text: Substring) -> UInt32? {
    var text = text
    return text.withUTF8 { number($0[...]) }
  }

  static func < (one: Self, other: Self) -> Bool {
    (one.folder, one.number) < (other.folder, other.number)
  }

  var path: String { "imgs/\(folder)/sample_\(number).png" }
}

/// Reads one level of one Pathfinder resolution: images and metadata in any order.
final class PathfinderCollector: TaskCollector {
  /// The one image of the release that is known to be empty, in the easiest level at 32 pixels; the
  /// paper's loader drops its row.
  private static let knownEmpty = PathfinderImage(folder: 0, number: 172)

  /// The folder of a level; the paper's loader reads only the one of 14 paddles.
  static func level(contourLength: Int) -> String {
    contourLength == 6 ? "curv_baseline" : "curv_contour_length_\(contourLength)"
  }

  private static let imageLimit = 1 << 20
  private static let metadataLimit = 16 << 20

  private let context: CollectorContext
  private let side: Int
  private let level: String
  private var images: [PathfinderImage: SampleSpool.Slot] = [:]
  private var rows: [PathfinderRow] = []
  private var metadata: [UInt32: String] = [:]
  private var emptyImages: Set<PathfinderImage> = []
  private var faultyImages: Set<PathfinderImage> = []
  /// The path of an image up to the level's folder, as the archive has it.
  private var root = ""

  init(_ context: CollectorContext, side: Int, level: String) {
    self.context = context
    self.level = level
    self.side = side
  }

  func read(_ member: ArchiveMember, at tail: [Substring], from reader: ArchiveReader) throws {
    guard let found = tail.first, found.hasPrefix("curv_"), tail.count >= 3 else {
      return context.skip("files of no Pathfinder level")
    }
    guard found == level else {
      return context.skip("members of other levels")
    }
    switch (tail[1], tail.count) {
    case ("imgs", 4):
      guard let image = PathfinderImage(folder: tail[2], file: tail[3]) else {
        return context.skip("files under imgs that are no sample_<i>.png")
      }
      try readImage(image, member, reader)
    case ("metadata", 3):
      guard tail[2].hasSuffix(".npy"), let number = PathfinderImage.number(tail[2].dropLast(4))
      else {
        return context.skip("files under metadata that are no <k>.npy")
      }
      try readMetadata(number, member, reader)
    default: context.skip("files of no Pathfinder level")
    }
  }

  private func readImage(
    _ image: PathfinderImage,
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws {
    context.membersRead += 1
    if let fault = reader.sizeFault(of: member, limit: Self.imageLimit) {
      faultyImages.insert(image)
      return try context.reject(fault)
    }
    try reader.withAll(member, limit: Self.imageLimit) { try read(image, $0, of: member, reader) }
  }

  private func read(
    _ image: PathfinderImage,
    _ bytes: UnsafeRawBufferPointer,
    of member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws {
    guard !bytes.isEmpty else {
      guard side == 32, level == "curv_baseline", image == Self.knownEmpty else {
        faultyImages.insert(image)
        return try context.reject(
          reader.error(in: member, "the image has zero bytes"),
          bytes: bytes
        )
      }
      emptyImages.insert(image)
      return context.skip("the release's known empty image, with its row")
    }
    // What stands before the image's path is the same for all.
    if root.isEmpty { root = String(member.path.dropLast(image.path.count)) }
    // Images are spooled as they are and decoded while shards are written, on all threads. Where
    // faulty ones may be left out, their rows have to be known before the split is drawn.
    if context.errorPolicy != .fail {
      if let error = fault(of: bytes, member, reader) {
        faultyImages.insert(image)
        return try context.reject(error, bytes: bytes)
      }
      faultyImages.remove(image)
    }
    let slot = try context.spool(bytes)
    if images.updateValue(slot, forKey: image) != nil {
      context.skip("earlier copies of images that stand in the archive twice")
    }
  }

  private func fault(
    of bytes: UnsafeRawBufferPointer,
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) -> ArchiveError? {
    do {
      _ = try decodeGreyPNG([UInt8](bytes), width: side, height: side)
      return nil
    } catch {
      return reader.error(in: member, "\(error)")
    }
  }

  private func readMetadata(
    _ number: UInt32,
    _ member: ArchiveMember,
    _ reader: ArchiveReader
  ) throws {
    guard metadata.updateValue(member.path, forKey: number) == nil else {
      throw reader.error(in: member, "the member stands in the archive twice")
    }
    context.membersRead += 1
    let bytes = try reader.readAll(member, limit: Self.metadataLimit)
    let parsed = try PathfinderRow.parse(bytes, file: number) { line, reason in
      reader.error(in: member, line: line, reason)
    } reject: { error, row in
      try context.reject(error, bytes: row)
    }
    guard !parsed.isEmpty else { throw reader.error(in: member, "there are no rows") }
    rows += parsed
  }

  func finish() throws -> CollectedTask {
    guard !rows.isEmpty else {
      throw context.error("there is no pathfinder\(side)/\(level)/metadata/<k>.npy")
    }
    rows.removeAll { emptyImages.contains($0.image) || faultyImages.contains($0.image) }
    rows.sort { ($0.file, $0.line) < ($1.file, $1.line) }
    try rejectContradictions()
    var samples: [SpooledSample] = []
    samples.reserveCapacity(rows.count)
    rows = try rows.filter { row in
      guard let slot = images[row.image] else {
        try reject(row, "the image \(row.image.path) is not in the archive")
        return false
      }
      samples.append(
        SpooledSample(id: Int64(samples.count), label: Double(row.label), slot: slot)
      )
      return true
    }
    guard !rows.isEmpty else { throw context.error("no row of the metadata is left") }
    let unlisted = images.count - Set(rows.lazy.map(\.image)).count
    if unlisted > 0 { context.skipped["images without a metadata row"] = unlisted }
    return collected(samples)
  }

  private func reject(_ row: PathfinderRow, _ reason: String) throws {
    try context.reject(context.error(in: metadata[row.file], line: Int(row.line), reason))
  }

  /// Refuses a row that contradicts an earlier one; it may repeat it.
  private func rejectContradictions() throws {
    var first: [PathfinderImage: PathfinderRow] = [:]
    first.reserveCapacity(rows.count)
    rows = try rows.filter { row in
      guard let earlier = first[row.image] else {
        first[row.image] = row
        return true
      }
      guard earlier.label != row.label else { return true }
      try reject(
        row,
        "label \(row.label) for \(row.image.path), but \(earlier.label) in "
          + "\(metadata[earlier.file] ?? "") line \(earlier.line)"
      )
      return false
    }
  }

  private func collected(_ samples: [SpooledSample]) -> CollectedTask {
    // int(0.1 n) samples for validation and test each, the rest for training, in the order of
    // torch's permutation with seed 42 (docs/archives.md).
    let order = randomPermutation(count: samples.count, seed: 42).map { samples[$0] }
    let tenth = Int(0.1 * Double(samples.count))
    let train = samples.count - 2 * tenth
    return CollectedTask(
      input: .pixels,
      elementType: .uint8,
      encoding: .greyPNG(side: side),
      maximumLength: side * side,
      fixedLength: side * side,
      target: .classes(2, names: ["apart", "joined"]),
      vocabulary: nil,
      normalization: .signed,
      splits: [
        (.train, Array(order[..<train])), (.validation, Array(order[train..<train + tenth])),
        (.test, Array(order[(train + tenth)...])),
      ],
      validationSplit: .validation,
      options: ["level": level, "split_seed": "42"],
      memberPath: { [rows, root] in root + rows[Int($0.id)].image.path }
    )
  }
}
