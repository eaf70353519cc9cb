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
    var description = MaskSetDescription(
      name: set.name,
      policy: "causal",
      ratio: nil,
      spanLength: nil,
      seed: set.seed,
      variants: set.variants,
      shards: [:]
    )
    switch set.policy {
    case .causal: return description
    case .token(let ratio):
      description.policy = "token"
      description.ratio = ratio
    case .span(let ratio, let length):
      description.policy = "span"
      description.ratio = ratio
      description.spanLength = length
    }
    for split in Split.allCases {
      guard let shards = manifest.splits[split.rawValue]?.shards else { continue }
      description.shards[split.rawValue] = try shards.map { shard in
        try writeShard(set, of: shard, manifest, in: folder)
      }
    }
    return description
  }

  private static func writeShard(
    _ set: MaskSet,
    of entry: ShardEntry,
    _ manifest: Manifest,
    in folder: String
  ) throws -> ShardEntry {
    let shard = try Shard(path: folder + "/" + entry.file, first: 0, manifest: manifest)
    let generator = MaskGenerator(set)
    let tensors = (0..<set.variants).map { variant in
      var bits = [UInt8](repeating: 0, count: (shard.elementCount + 7) / 8)
      for row in 0..<shard.count {
        let elements = shard.range(row)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: elements.count) { mask in
          generator.fill(mask, sampleID: shard.sampleID(row), variant: variant)
          for (element, isMasked) in zip(elements, mask) {
            bits[element / 8] |= isMasked << UInt8(element % 8)
          }
        }
      }
      return TensorData(name: TensorName.mask(variant), shape: [bits.count], elements: bits)
    }
    let name = entry.file.dropLast(".safetensors".count) + ".mask-\(set.name).safetensors"
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
      file: String(name),
      samples: shard.count,
      elements: shard.elementCount,
      digest: digest
    )
  }
}
