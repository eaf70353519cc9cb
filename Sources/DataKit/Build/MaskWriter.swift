internal import Glibc

/// Writes mask sets beside the shards of a data set.
public enum MaskWriter {
  /// Adds mask sets to a finished data set and commits its manifest again.
  ///
  /// - Parameters:
  ///   - sets: the sets to add.
  ///   - folder: the data set's folder.
  ///   - threads: how many threads draw masks; the files do not depend on it.
  ///   - report: called after each file.
  /// - Returns: the manifest with the new sets.
  /// - Throws: ``DataSetError`` when a set is there already or another process writes to the folder,
  ///   ``FileError`` when the disk refuses; the manifest is then unchanged.
  public static func add(
    _ sets: [MaskSet],
    to folder: String,
    threads: Int = 1,
    report: (FileProgress) -> Void = { _ in }
  ) throws -> Manifest {
    guard access(folder + "/" + Manifest.fileName, F_OK) == 0 else {
      throw Manifest.absence(in: folder)
    }
    // Until the new manifest stands: whoever adds another set has to read that one.
    let lock = try FolderLock(OutputFolder.journalName, in: folder)
    defer { withExtendedLifetime(lock) {} }
    var manifest = try Manifest.read(from: folder)
    let shards = manifest.splits.values.reduce(0) { $0 + $1.shards.count }
    var progress = FileProgress(
      totalFiles: sets.count { $0.policy != .causal } * shards
    )
    for set in sets {
      guard !manifest.masks.contains(where: { $0.name == set.name }) else {
        throw DataSetError(path: folder, reason: "the mask set '\(set.name)' is there already")
      }
      guard set.policy == .causal || manifest.vocabulary.map({ $0.maskID != nil }) ?? true else {
        throw DataSetError(
          path: folder,
          reason: "the vocabulary has no <mask> (--special-tokens no-mask): the mask set "
            + "'\(set.name)' could not be used"
        )
      }
      let description = try write(set, for: manifest, in: folder, threads: threads) { written in
        progress.enter(written.digest)
        report(progress)
      }
      manifest.masks.append(description)
    }
    try AtomicFile.write(try manifest.encoded(), to: folder + "/" + Manifest.fileName)
    return manifest
  }

  /// Writes the files of one mask set; the caller commits the manifest.
  static func write(
    _ set: MaskSet,
    for manifest: Manifest,
    in folder: String,
    threads: Int,
    report: (ShardEntry) -> Void
  ) throws -> MaskSetDescription {
    var description = MaskSetDescription(set)
    guard set.policy != .causal else { return description }
    for split in Split.allCases {
      guard let shards = manifest.splits[split.rawValue]?.shards else { continue }
      description.shards[split.rawValue] = try shards.map { shard in
        let written = try writeShard(set, of: shard, manifest, in: folder, threads: threads)
        report(written)
        return written
      }
    }
    return description
  }

  /// The name of the mask file of a shard.
  static func fileName(_ set: MaskSet, of shard: String) -> String {
    shard.dropLast(".safetensors".count) + ".mask-\(set.name).safetensors"
  }

  /// Writes the mask file of one shard.
  static func writeShard(
    _ set: MaskSet,
    of entry: ShardEntry,
    _ manifest: Manifest,
    in folder: String,
    threads: Int
  ) throws -> ShardEntry {
    let shard = try Shard(path: folder + "/" + entry.file, first: 0, manifest: manifest)
    let name = fileName(set, of: entry.file)
    let file = try SafetensorsFileWriter(
      shard.sequences.enumerated().flatMap { sequence, values in
        (0..<set.variants).map { variant in
          TensorPlan(
            name: TensorName.mask(variant, sequence: sequence),
            elementType: .uint8,
            shape: [(values.elementCount + 7) / 8]
          )
        }
      },
      metadata: [
        "format": Manifest.format, "version": Manifest.version, "task": manifest.task,
        "mask": set.name, "samples": "\(shard.count)", "elements": "\(shard.elementCount)",
        "variants": "\(set.variants)",
      ],
      to: folder + "/" + name
    )
    let workers = OrderedWorkers(threads: threads)
    let generator = MaskGenerator(set)
    for (sequence, values) in shard.sequences.enumerated() {
      let pieces = pieces(of: values, count: shard.count)
      for variant in 0..<set.variants {
        var joint = BitJoint()
        for rows in pieces {
          try workers.submit {
            drawMasks(of: rows, of: shard, sequence, generator, variant: variant)
          } deliver: { bytes in
            try joint.append(bytes, endBit: values.range(rows.upperBound - 1).upperBound, to: file)
          }
        }
        try workers.finish()
        try joint.finish(file)
      }
    }
    return ShardEntry(
      file: name,
      samples: shard.count,
      elements: shard.elementCount,
      digest: try file.finish()
    )
  }

  /// Runs of rows of about half a million elements: enough to be worth handing to a thread, and
  /// little memory.
  private static func pieces(of values: ShardSequence, count: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var first = 0
    for row in 0..<count {
      let elements = values.range(row).upperBound - values.range(first).lowerBound
      guard elements >= 1 << 19 || row + 1 == count else { continue }
      pieces.append(first..<row + 1)
      first = row + 1
    }
    return pieces
  }

  /// The mask bits of some rows, from the start of the byte in which the first one begins.
  private static func drawMasks(
    of rows: Range<Int>,
    of shard: Shard,
    _ sequence: Int,
    _ generator: MaskGenerator,
    variant: Int
  ) -> [UInt8] {
    let values = shard.sequences[sequence]
    let start = values.range(rows.lowerBound).lowerBound / 8 * 8
    let end = values.range(rows.upperBound - 1).upperBound
    var bits = [UInt8](repeating: 0, count: (end - start + 7) / 8)
    bits.withUnsafeMutableBytes { bits in
      for row in rows {
        let elements = values.range(row)
        generator.fillBits(
          bits,
          bitOffset: elements.lowerBound - start,
          count: elements.count,
          sampleID: shard.sampleID(row),
          variant: variant,
          sequence: sequence
        )
      }
    }
    return bits
  }
}

/// Joins runs of bits that may share a byte where they meet.
private struct BitJoint {
  /// The bits of a byte that the next run completes.
  private var shared: UInt8?

  /// Writes the bytes of a run that are complete; the run ends before bit `endBit` of the whole.
  mutating func append(
    _ run: [UInt8],
    endBit: Int,
    to file: SafetensorsFileWriter
  ) throws {
    guard !run.isEmpty else { return }
    var bytes = run
    bytes[0] |= shared ?? 0
    shared = endBit % 8 == 0 ? nil : bytes.removeLast()
    try bytes.withUnsafeBytes { try file.append($0) }
  }

  /// Writes the last byte of all.
  mutating func finish(_ file: SafetensorsFileWriter) throws {
    guard let last = shared else { return }
    shared = nil
    try withUnsafeBytes(of: last) { try file.append($0) }
  }
}

extension MaskSetDescription {
  /// The description of a mask set without its files.
  init(_ set: MaskSet) {
    self.init(
      name: set.name,
      policy: "causal",
      ratio: nil,
      spanLength: nil,
      seed: set.seed,
      variants: set.variants,
      shards: [:]
    )
    switch set.policy {
    case .causal: break
    case .token(let ratio):
      policy = "token"
      self.ratio = ratio
    case .span(let ratio, let length):
      policy = "span"
      self.ratio = ratio
      spanLength = length
    }
  }
}
