internal import Glibc

/// Writes mask sets beside the shards of a data set.
public enum MaskWriter {
  /// Adds mask sets to a finished data set and commits its manifest again.
  ///
  /// - Throws: ``DataSetError`` when a set is there already, ``FileError`` when the disk refuses;
  ///   the manifest is then unchanged.
  public static func add(_ sets: [MaskSet], to folder: String) throws -> Manifest {
    var manifest = try Manifest.read(from: folder)
    for set in sets {
      guard !manifest.masks.contains(where: { $0.name == set.name }) else {
        throw DataSetError(path: folder, reason: "the mask set '\(set.name)' is there already")
      }
      manifest.masks.append(try write(set, for: manifest, in: folder))
    }
    try AtomicFile.write(try manifest.encoded(), to: folder + "/" + Manifest.fileName)
    return manifest
  }

  /// Writes the files of one mask set; the caller commits the manifest.
  static func write(
    _ set: MaskSet,
    for manifest: Manifest,
    in folder: String
  ) throws -> MaskSetDescription {
    var description = MaskSetDescription(set)
    guard set.policy != .causal else { return description }
    for split in Split.allCases {
      guard let shards = manifest.splits[split.rawValue]?.shards else { continue }
      description.shards[split.rawValue] = try shards.map { shard in
        try writeShard(set, of: shard, manifest, in: folder)
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
    in folder: String
  ) throws -> ShardEntry {
    let shard = try Shard(path: folder + "/" + entry.file, first: 0, manifest: manifest)
    let generator = MaskGenerator(set)
    let tensors = shard.sequences.enumerated().flatMap { sequence, values in
      (0..<set.variants).map { variant in
        var bits = [UInt8](repeating: 0, count: (values.elementCount + 7) / 8)
        for row in 0..<shard.count {
          let elements = values.range(row)
          withUnsafeTemporaryAllocation(of: UInt8.self, capacity: elements.count) { mask in
            generator.fill(
              mask,
              sampleID: shard.sampleID(row),
              sequence: sequence,
              variant: variant
            )
            for (element, isMasked) in zip(elements, mask) {
              bits[element / 8] |= isMasked << UInt8(element % 8)
            }
          }
        }
        return TensorData(
          name: TensorName.mask(variant, sequence: sequence),
          shape: [bits.count],
          elements: bits
        )
      }
    }
    let name = fileName(set, of: entry.file)
    let digest = try SafetensorsWriter.write(
      tensors,
      metadata: [
        "format": Manifest.format, "version": Manifest.version, "task": manifest.task,
        "mask": set.name, "samples": "\(shard.count)", "elements": "\(shard.elementCount)",
        "variants": "\(set.variants)",
      ],
      to: folder + "/" + name
    )
    return ShardEntry(
      file: name,
      samples: shard.count,
      elements: shard.elementCount,
      digest: digest
    )
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
