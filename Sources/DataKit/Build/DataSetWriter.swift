/// Writes a collected task as a data set: shards and their masks, then the manifest.
struct DataSetWriter {
  /// The version that manifests name.
  static let tool = "lra-prep 0.2.0"

  private let request: Request
  private let collected: CollectedTask
  private let assembler: ShardAssembler
  private let plan: ShardPlan

  /// What to write, beside the samples.
  struct Request {
    var folder: String
    var task: String
    var masks: [MaskSet]
    var fractions: FractionRequest?
    var shardByteCount: Int
    var threads: Int
    var part: BuildPart?
    /// Whether finished files of other builds may be replaced.
    var replacesExisting: Bool
    /// Locks the folder and notes what is finished; a build into a stream has none.
    var journal: ShardJournal?
    /// Takes every file as soon as it is finished; nil leaves files in the folder.
    var stream: DataSetStream?
  }

  /// A writer of `collected`, whose samples lie in `spool`.
  init(_ request: Request, collected: CollectedTask, spool: SampleSpool, archive: String) {
    self.request = request
    self.collected = collected
    assembler = ShardAssembler(
      collected: collected,
      spool: spool,
      archive: archive,
      threads: request.threads
    )
    plan = ShardPlan(collected, assembler, shardByteCount: request.shardByteCount)
  }

  /// Writes every file that is not there yet, and commits.
  ///
  /// - Parameters:
  ///   - provenance: where the samples come from.
  ///   - report: called on this thread with the number of samples written so far.
  /// - Returns: the manifest, which of a part names only the part's own files, and whether all of it
  ///   was there already, so that nothing was written.
  /// - Throws: ``FileError`` of the disk, ``ArchiveError`` when a sample cannot be decoded,
  ///   ``DataSetError`` when the folder holds another build.
  func write(
    provenance: Provenance,
    report: @escaping (Int) -> Void
  ) throws -> (manifest: Manifest, wasFinished: Bool) {
    var manifest = skeleton(provenance)
    let journal = request.journal
    if let journal, !request.replacesExisting {
      let finished = try finishedManifest(like: manifest)
      if let finished, finished.files.allSatisfy(journal.stands) { return (finished, true) }
      journal.takeOver(finished?.shardEntries ?? [])
    }
    try journal?.begin(build: try manifest.encoded().withUnsafeBytes { SHA256Digester.digest($0) })
    try OutputFolder.prepare(request.folder, keeping: fileNames, part: request.part)
    let pieces = plan.pieces.filter { request.part?.takes($0.number) ?? true }
    var done = 0
    var entries: [[ShardEntry]] = []
    for piece in pieces {
      let names = [piece.file] + maskFiles(of: piece.file)
      let standing = names.compactMap { journal?.entry(of: $0) }
      entries.append(
        standing.count == names.count ? standing : try write(piece, manifest, journal)
      )
      done += piece.samples.count
      report(done)
    }
    enter(entries, of: pieces, in: &manifest)
    if request.part.map({ $0.index == 0 }) ?? true { try writeFurtherFiles(&manifest) }
    try commit(manifest)
    return (manifest, false)
  }

  /// What an earlier run of this build, or part, committed; nil when none did.
  ///
  /// - Throws: ``DataSetError`` when another build did.
  private func finishedManifest(like manifest: Manifest) throws -> Manifest? {
    let finished =
      request.part.map { PartRecord.read($0, in: request.folder)?.manifest }
      ?? (try? Manifest.read(from: request.folder))
    guard let finished else { return nil }
    let hasFractions = request.part.map { $0.index == 0 } ?? true
    let fractionsAgree =
      hasFractions
      ? request.fractions?.made(finished.fractions) ?? (finished.fractions == nil) : true
    guard fractionsAgree, finished.withoutFiles == manifest.withoutFiles else {
      throw DataSetError(
        path: request.folder,
        reason: request.part == nil
          ? "holds a finished data set of another build"
          : "holds this part of another build, finished",
        hint: "choose another folder, or replace it with --force"
      )
    }
    return finished
  }

  /// Every file of the data set but the manifest, those of other parts too.
  private var fileNames: Set<String> {
    var names = Set(plan.pieces.flatMap { [$0.file] + maskFiles(of: $0.file) })
    names.formUnion(collected.attachments.map(\.name))
    if let fractions = request.fractions { names.insert(FractionWriter.fileName(fractions)) }
    return names
  }

  /// The manifest without its files: what every part of a build agrees on.
  private func skeleton(_ provenance: Provenance) -> Manifest {
    var manifest = Manifest(
      format: Manifest.format,
      version: Manifest.version,
      tool: Self.tool,
      task: request.task,
      input: collected.input,
      elementType: collected.elementType,
      channels: collected.channels,
      sequences: collected.sequences,
      maximumLength: collected.maximumLength,
      fixedLength: collected.fixedLength,
      target: collected.target,
      vocabulary: collected.vocabulary,
      normalization: collected.normalization,
      splits: [:],
      validationSplit: collected.validationSplit,
      masks: request.masks.map { MaskSetDescription($0) },
      fractions: nil,
      attachments: [],
      provenance: provenance,
      options: collected.options.merging(["shard_bytes": "\(request.shardByteCount)"]) { $1 }
    )
    for (split, samples) in collected.splits {
      manifest.splits[split.rawValue] = description(of: samples)
    }
    return manifest
  }

  private func description(of samples: [SpooledSample]) -> SplitDescription {
    var (elements, shortest, longest) = (0, Int.max, 0)
    for sample in samples {
      for sequence in 0..<collected.sequences {
        let length = assembler.length(of: sample.slot(sequence))
        elements += length
        shortest = min(shortest, length)
        longest = max(longest, length)
      }
    }
    let count = samples.count * collected.sequences
    var description = SplitDescription(
      samples: samples.count,
      elements: elements,
      minimumLength: count == 0 ? 0 : shortest,
      meanLength: count == 0 ? 0 : Double(elements) / Double(count),
      maximumLength: longest,
      labelCounts: [],
      shards: []
    )
    switch collected.target.kind {
    case .class:
      description.labelCounts = [Int](repeating: 0, count: collected.target.classes ?? 0)
      for sample in samples { description.labelCounts[Int(sample.label)] += 1 }
    case .value:
      description.minimumLabel = samples.lazy.map { Float($0.label) }.min()
      description.maximumLabel = samples.lazy.map { Float($0.label) }.max()
    }
    return description
  }

  private func maskFiles(of shard: String) -> [String] {
    request.masks.filter { $0.policy != .causal }.map { MaskWriter.fileName($0, of: shard) }
  }

  /// Writes a shard and its masks.
  private func write(
    _ piece: ShardPlan.Piece,
    _ manifest: Manifest,
    _ journal: ShardJournal?
  ) throws -> [ShardEntry] {
    guard let all = collected.splits.first(where: { $0.split == piece.split })?.samples else {
      preconditionFailure("a shard of a split that is not there")
    }
    let samples = all[piece.samples]
    let elements = samples.reduce(0) { $0 + assembler.elementCount(of: $1) }
    let digest = try assembler.write(
      samples,
      metadata: metadata(piece.split, samples: samples.count, elements: elements),
      to: request.folder + "/" + piece.file
    )
    let shard = ShardEntry(
      file: piece.file,
      samples: samples.count,
      elements: elements,
      digest: digest
    )
    var entries = [shard]
    for set in request.masks where set.policy != .causal {
      entries.append(
        try MaskWriter.writeShard(
          set,
          of: shard,
          manifest,
          in: request.folder,
          threads: request.threads
        )
      )
    }
    for entry in entries {
      try journal?.append(entry)
      try send(entry.file, entry.digest)
    }
    return entries
  }

  /// Hands a finished file to the stream, if there is one, and removes it.
  private func send(_ file: String, _ digest: FileDigest) throws {
    guard let stream = request.stream else { return }
    let path = request.folder + "/" + file
    try stream.append(fileAt: path, name: file, digest: digest)
    try OutputFolder.remove(path)
  }

  /// Enters shards and mask shards, in the order of the pieces, in the manifest.
  private func enter(
    _ entries: [[ShardEntry]],
    of pieces: [ShardPlan.Piece],
    in manifest: inout Manifest
  ) {
    let stored = manifest.masks.indices.filter { manifest.masks[$0].policy != "causal" }
    for split in collected.splits.map(\.split.rawValue) {
      for mask in stored { manifest.masks[mask].shards[split] = [] }
    }
    for (piece, files) in zip(pieces, entries) {
      let split = piece.split.rawValue
      manifest.splits[split]?.shards.append(files[0])
      for (mask, entry) in zip(stored, files.dropFirst()) {
        manifest.masks[mask].shards[split]?.append(entry)
      }
    }
  }

  private func writeFurtherFiles(_ manifest: inout Manifest) throws {
    let strings = ["format": Manifest.format, "version": Manifest.version, "task": request.task]
    for (name, tensors) in collected.attachments {
      let digest = try SafetensorsWriter.write(
        tensors,
        metadata: strings,
        to: request.folder + "/" + name
      )
      manifest.attachments.append(AttachmentEntry(file: name, digest: digest))
      try send(name, digest)
    }
    if let fractions = request.fractions {
      let set = try FractionWriter.write(
        fractions,
        count: manifest.splits[Split.train.rawValue]?.samples ?? 0,
        metadata: strings,
        to: request.folder
      )
      manifest.fractions = set
      try send(set.file, set.digest)
    }
  }

  private func commit(_ manifest: Manifest) throws {
    if let part = request.part {
      return try PartRecord(part: part, manifest: manifest).write(to: request.folder)
    }
    let bytes = try manifest.encoded()
    if let stream = request.stream { return try stream.finish(manifest: bytes) }
    try AtomicFile.write(bytes, to: request.folder + "/" + Manifest.fileName)
  }

  private func metadata(_ split: Split, samples: Int, elements: Int) -> [String: String] {
    var strings = [
      "format": Manifest.format, "version": Manifest.version, "task": request.task,
      "split": split.rawValue, "samples": "\(samples)", "elements": "\(elements)",
      "target": collected.target.kind.rawValue,
      "options": Self.text(of: collected.options),
    ]
    if let classes = collected.target.classes { strings["classes"] = "\(classes)" }
    if let vocabulary = collected.vocabulary {
      strings["tokenizer"] = vocabulary.tokenizer
      strings["vocabulary"] = jsonArray(vocabulary.tokens)
      strings["mask_id"] = vocabulary.maskID.map { "\($0)" }
      strings["pad_id"] = "\(vocabulary.padID)"
    }
    return strings
  }

  private static func text(of options: [String: String]) -> String {
    options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}
