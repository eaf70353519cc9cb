/// One split of a data set, its shards mapped: random access to samples, labels and masks.
public final class DataSplit: Sendable {
  /// Which split it is.
  public let split: Split
  /// How many samples it has.
  public let count: Int
  private let folder: String
  private let manifest: Manifest
  private let shards: [Shard]
  private let masks: [String: [MaskShard]]

  init(_ split: Split, _ description: SplitDescription, in dataSet: DataSet) throws {
    self.split = split
    folder = dataSet.folder
    manifest = dataSet.manifest
    var shards: [Shard] = []
    var first = 0
    for entry in description.shards {
      let path = dataSet.folder + "/" + entry.file
      let shard = try Shard(path: path, first: first, manifest: dataSet.manifest)
      guard shard.count == entry.samples else {
        throw DataSetError(
          path: path,
          reason: "holds \(shard.count) samples, the manifest says \(entry.samples)"
        )
      }
      shards.append(shard)
      first += shard.count
    }
    guard first == description.samples else {
      throw DataSetError(
        path: dataSet.folder,
        reason: "the \(split.rawValue) shards hold \(first) samples, the manifest says "
          + "\(description.samples)"
      )
    }
    self.shards = shards
    count = first
    var masks: [String: [MaskShard]] = [:]
    for set in dataSet.manifest.masks where set.policy != "causal" {
      let entries = set.shards[split.rawValue] ?? []
      guard entries.count == shards.count else {
        throw DataSetError(
          path: dataSet.folder,
          reason: "mask set '\(set.name)' has \(entries.count) files for \(shards.count) shards"
        )
      }
      masks[set.name] = try zip(entries, shards).map { entry, shard in
        try MaskShard(
          path: dataSet.folder + "/" + entry.file,
          variants: set.variants,
          of: shard
        )
      }
    }
    self.masks = masks
  }

  private func locate(_ index: Int) -> (shard: Int, row: Int) {
    precondition(index >= 0 && index < count, "sample \(index) is outside 0 ..< \(count)")
    var (low, high) = (0, shards.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if shards[middle].first <= index { low = middle } else { high = middle }
    }
    return (low, index - shards[low].first)
  }

  /// The position of a sample in the task's canonical order.
  public func sampleID(at index: Int) -> Int64 {
    let (shard, row) = locate(index)
    return shards[shard].sampleID(row)
  }

  /// The class of a sample.
  ///
  /// - Precondition: labels are classes.
  public func label(at index: Int) -> Int64 {
    let (shard, row) = locate(index)
    return shards[shard].label(row)
  }

  /// The label of a sample as a number.
  public func value(at index: Int) -> Float {
    let (shard, row) = locate(index)
    return shards[shard].value(row)
  }

  /// The number of positions of a sample; `sequence` is 1 for the second of a pair.
  public func length(at index: Int, sequence: Int = 0) -> Int {
    let (shard, row) = locate(index)
    return shards[shard].sequences[sequence].range(row).count
  }

  /// Copies a sample's values, widened to 32 bits, to the front of `output`: position by position,
  /// the channels of a position side by side.
  ///
  /// A sample is compared with its checksum when it is read for the first time since the split was
  /// opened, and not again.
  ///
  /// - Returns: how many values were written.
  /// - Throws: ``DataSetError`` when the bytes do not have the checksum stored for the sample.
  /// - Precondition: `output` has room for the sample, and values are whole numbers.
  @discardableResult
  public func copyValues(
    at index: Int,
    sequence: Int = 0,
    into output: UnsafeMutableBufferPointer<Int32>
  ) throws(DataSetError) -> Int {
    let (shard, row) = locate(index)
    return try shards[shard].copyValues(row, sequence: sequence, into: output)
  }

  /// Copies a sample's values as Float, not normalized, to the front of `output`.
  ///
  /// - Returns: how many values were written.
  /// - Throws: ``DataSetError`` when the bytes do not have the checksum stored for the sample.
  /// - Precondition: `output` has room for the sample, and values are not token ids.
  @discardableResult
  public func copyFloats(
    at index: Int,
    sequence: Int = 0,
    into output: UnsafeMutableBufferPointer<Float>
  ) throws(DataSetError) -> Int {
    let (shard, row) = locate(index)
    return try shards[shard].copyFloats(row, sequence: sequence, into: output)
  }

  /// Copies samples, widened to 32 bits, into the rows of a batch.
  ///
  /// Samples are checked as by ``copyValues(at:sequence:into:)``.
  ///
  /// - Parameters:
  ///   - indices: which samples, one for each row.
  ///   - sequence: 1 for the second sequences of pairs.
  ///   - output: [rows, rowLength], row-major; overwritten.
  ///   - rowLength: at least the length of the longest of the samples.
  ///   - padding: what follows a sample up to the end of its row.
  ///   - lengths: [rows]; gets the lengths of the samples. Nil when they are not wanted.
  /// - Throws: ``DataSetError`` when the bytes of a sample do not have their checksum.
  public func copyBatch(
    _ indices: [Int],
    sequence: Int = 0,
    into output: UnsafeMutableBufferPointer<Int32>,
    rowLength: Int,
    padding: Int32,
    lengths: UnsafeMutableBufferPointer<Int32>? = nil
  ) throws(DataSetError) {
    precondition(
      rowLength >= 0 && output.count == indices.count * rowLength,
      "\(output.count) elements for \(indices.count) rows of \(rowLength)"
    )
    for (row, index) in indices.enumerated() {
      let start = row * rowLength
      let target = UnsafeMutableBufferPointer(rebasing: output[start..<start + rowLength])
      let count = try copyValues(at: index, sequence: sequence, into: target)
      UnsafeMutableBufferPointer(rebasing: target[count...]).update(repeating: padding)
      lengths?[row] = Int32(truncatingIfNeeded: count)
    }
  }

  /// The file of a sample and its bytes' range in that file.
  public func location(at index: Int, sequence: Int = 0) -> (file: String, bytes: Range<Int>) {
    let (shard, row) = locate(index)
    return (shards[shard].path, shards[shard].sequences[sequence].fileRange(row))
  }

  /// A reader of one mask set: from disk where the variant is stored, else computed.
  public func maskReader(_ set: MaskSet) -> MaskReader {
    MaskReader(split: self, set: set)
  }

  /// Copies masks of stored or computed variants; both give the same bits.
  public struct MaskReader: Sendable {
    private let split: DataSplit
    private let generator: MaskGenerator
    private let shards: [MaskShard]
    private let variants: Int

    fileprivate init(split: DataSplit, set: MaskSet) {
      self.split = split
      generator = MaskGenerator(set)
      shards = split.masks[set.name] ?? []
      variants = shards.map(\.variantCount).min() ?? 0
    }

    /// Writes the mask of the sample at `index`: one byte per position, 1 where masked.
    ///
    /// - Precondition: `mask` is as long as the sample.
    public func copyMask(
      at index: Int,
      sequence: Int = 0,
      variant: Int,
      into mask: UnsafeMutableBufferPointer<UInt8>
    ) {
      let (shard, row) = split.locate(index)
      let elements = split.shards[shard].sequences[sequence].range(row)
      precondition(
        mask.count == elements.count,
        "a mask of \(mask.count) bytes for a sample of \(elements.count)"
      )
      if variant < variants {
        shards[shard].copyBits(elements, sequence: sequence, variant: variant, into: mask)
      } else {
        generator.fill(
          mask,
          sampleID: split.shards[shard].sampleID(row),
          variant: variant,
          sequence: sequence
        )
      }
    }
  }
}
