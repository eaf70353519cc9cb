internal import Glibc

/// Writes a collected task as a data set: shards, mask shards, and the manifest last.
struct DataSetWriter {
  /// The version that manifests name.
  static let tool = "lra-prep 0.1.0"

  private let folder: String
  private let task: String
  private let collected: CollectedTask
  private let shardByteCount: Int
  private var samplesWritten = 0

  /// A writer into `folder`; whatever an earlier data set or an interrupted build left is removed,
  /// its manifest first.
  init(folder: String, task: String, collected: CollectedTask, shardByteCount: Int) throws {
    self.folder = folder
    self.task = task
    self.collected = collected
    self.shardByteCount = shardByteCount
    try Self.removeRemains(in: folder)
  }

  mutating func write(
    from spool: SampleSpool,
    masks: [MaskSet],
    provenance: Provenance,
    report: (Int) -> Void
  ) throws -> Manifest {
    var manifest = Manifest(
      format: Manifest.format,
      version: Manifest.version,
      tool: Self.tool,
      task: task,
      input: collected.input,
      elementType: collected.elementType,
      maximumLength: collected.maximumLength,
      fixedLength: collected.fixedLength,
      classes: collected.classes,
      vocabulary: collected.vocabulary,
      normalization: collected.normalization,
      splits: [:],
      validationSplit: collected.validationSplit,
      masks: [],
      provenance: provenance,
      options: collected.options.merging(["shard_bytes": "\(shardByteCount)"]) { $1 }
    )
    for (split, samples) in collected.splits {
      manifest.splits[split.rawValue] = try write(split, samples, spool, report)
    }
    for set in masks {
      let description = try MaskWriter.write(set, for: manifest, in: folder)
      manifest.masks.append(description)
    }
    try AtomicFile.write(try manifest.encoded(), to: folder + "/" + Manifest.fileName)
    return manifest
  }

  private static func removeRemains(in folder: String) throws {
    var names = [Manifest.fileName]
    guard let entries = opendir(folder) else {
      throw FileError(path: folder, action: "list", code: errno)
    }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if isShardName(name) { names.append(name) }
    }
    for name in names where unlink(folder + "/" + name) != 0 && errno != ENOENT {
      throw FileError(path: folder + "/" + name, action: "remove", code: errno)
    }
  }

  /// Whether a name is that of a shard or mask shard, finished or not; a user's own files stay.
  private static func isShardName(_ name: String) -> Bool {
    let shard = /(train|validation|test)-\d{5,}-of-\d{5,}(\.mask-.+)?\.safetensors(\.partial)?/
    return name.wholeMatch(of: shard) != nil
  }

  private mutating func write(
    _ split: Split,
    _ samples: [SpooledSample],
    _ spool: SampleSpool,
    _ report: (Int) -> Void
  ) throws -> SplitDescription {
    let lengths = samples.map { length(of: $0) }
    let cuts = cut(lengths)
    var entries: [ShardEntry] = []
    for (index, range) in cuts.enumerated() {
      let name = Self.shardName(split, index, of: cuts.count)
      entries.append(
        try writeShard(
          name,
          split,
          Array(samples[range]),
          lengths: Array(lengths[range]),
          spool
        )
      )
      samplesWritten += range.count
      report(samplesWritten)
    }
    var labelCounts = [Int](repeating: 0, count: collected.classes)
    for sample in samples { labelCounts[Int(sample.label)] += 1 }
    let elements = lengths.reduce(0, +)
    return SplitDescription(
      samples: samples.count,
      elements: elements,
      minimumLength: lengths.min() ?? 0,
      meanLength: samples.isEmpty ? 0 : Double(elements) / Double(samples.count),
      maximumLength: lengths.max() ?? 0,
      labelCounts: labelCounts,
      shards: entries
    )
  }

  static func shardName(_ split: Split, _ index: Int, of count: Int) -> String {
    func padded(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "\(split.rawValue)-\(padded(index))-of-\(padded(count)).safetensors"
  }

  /// The number of elements a sample will have, the end token included.
  private func length(of sample: SpooledSample) -> Int {
    switch collected.encoding {
    case .tokens: sample.slot.byteCount / 2 + 1
    case .bytes: sample.slot.byteCount
    }
  }

  /// Cuts a split into shards: each takes samples while its values stay within the limit.
  private func cut(_ lengths: [Int]) -> [Range<Int>] {
    let limit = shardByteCount / collected.elementType.byteCount
    var cuts: [Range<Int>] = []
    var (start, held) = (0, 0)
    for (index, length) in lengths.enumerated() {
      if index > start, held + length > limit {
        cuts.append(start..<index)
        (start, held) = (index, 0)
      }
      held += length
    }
    cuts.append(start..<lengths.count)
    return cuts
  }

  private func writeShard(
    _ name: String,
    _ split: Split,
    _ samples: [SpooledSample],
    lengths: [Int],
    _ spool: SampleSpool
  ) throws -> ShardEntry {
    let size = collected.elementType.byteCount
    let elements = lengths.reduce(0, +)
    var values = [UInt8](repeating: 0, count: elements * size)
    var hashes: [UInt64] = []
    var offsets: [Int64] = [0]
    for (sample, length) in zip(samples, lengths) {
      let start = Int(offsets[offsets.count - 1])
      try values.withUnsafeMutableBytes { bytes in
        let room = UnsafeMutableRawBufferPointer(
          rebasing: bytes[start * size..<(start + length) * size]
        )
        try encode(sample, from: spool, into: room)
        hashes.append(xxh3(UnsafeRawBufferPointer(room)))
      }
      offsets.append(Int64(start + length))
    }
    let count = samples.count
    var tensors = [
      TensorData(name: TensorName.sampleID, shape: [count], elements: samples.map(\.id)),
      TensorData(name: TensorName.label, shape: [count], elements: samples.map(\.label)),
      TensorData(
        name: TensorName.values,
        elementType: collected.elementType,
        shape: collected.fixedLength.map { [count, $0] } ?? [elements],
        bytes: values
      ),
    ]
    if collected.fixedLength == nil {
      tensors.append(
        TensorData(name: TensorName.offsets, shape: [count + 1], elements: offsets)
      )
    }
    tensors.append(TensorData(name: TensorName.hash, shape: [count], elements: hashes))
    let digest = try SafetensorsWriter.write(
      tensors,
      metadata: metadata(split, samples: count, elements: elements),
      to: folder + "/" + name
    )
    return ShardEntry(file: name, samples: count, elements: elements, digest: digest)
  }

  /// Writes a sample's stored values: tokens get their final ids and the end token.
  private func encode(
    _ sample: SpooledSample,
    from spool: SampleSpool,
    into output: UnsafeMutableRawBufferPointer
  ) throws {
    guard case .tokens(let ids) = collected.encoding else {
      return try spool.read(sample.slot, into: output)
    }
    var numbers = [UInt16](repeating: 0, count: sample.slot.byteCount / 2)
    try numbers.withUnsafeMutableBytes { try spool.read(sample.slot, into: $0) }
    let end = UInt16(collected.vocabulary?.endID ?? 0)
    if collected.elementType == .uint8 {
      for (index, number) in numbers.enumerated() {
        output[index] = UInt8(truncatingIfNeeded: ids[Int(number)])
      }
      output[numbers.count] = UInt8(truncatingIfNeeded: end)
    } else {
      for (index, number) in numbers.enumerated() {
        output.storeBytes(of: ids[Int(number)], toByteOffset: 2 * index, as: UInt16.self)
      }
      output.storeBytes(of: end, toByteOffset: 2 * numbers.count, as: UInt16.self)
    }
  }

  private func metadata(_ split: Split, samples: Int, elements: Int) -> [String: String] {
    var strings = [
      "format": Manifest.format, "version": Manifest.version, "task": task,
      "split": split.rawValue, "samples": "\(samples)", "elements": "\(elements)",
      "classes": "\(collected.classes)", "options": Self.text(of: collected.options),
    ]
    if let vocabulary = collected.vocabulary {
      strings["tokenizer"] = vocabulary.tokenizer
      strings["vocabulary"] = jsonArray(vocabulary.tokens)
      strings["mask_id"] = "\(vocabulary.maskID)"
      strings["pad_id"] = "\(vocabulary.padID)"
    }
    return strings
  }

  private static func text(of options: [String: String]) -> String {
    options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}
