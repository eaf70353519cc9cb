/// The names of the tensors of a shard and of a mask shard.
enum TensorName {
  static let sampleID = "sample.id"
  static let label = "label"
  private static let prefixes = ["x", "y"]
  static func values(_ sequence: Int) -> String { prefixes[sequence] + ".values" }
  static func offsets(_ sequence: Int) -> String { prefixes[sequence] + ".offsets" }
  static func hash(_ sequence: Int) -> String { prefixes[sequence] + ".hash" }
  static func mask(_ variant: Int, sequence: Int) -> String {
    (sequence == 0 ? "" : prefixes[sequence] + ".") + "mask.\(variant)"
  }
}

/// The values of all samples of a mapped shard, `x` or `y`: where each sample lies, and its hash.
struct ShardSequence: Sendable {
  /// The positions of all samples together.
  let elementCount: Int
  let valuesType: ElementType
  private let channels: Int
  private let valuesStart: Int
  private let fixedLength: Int?
  private let offsets: [Int64]
  private let hashes: [UInt64]

  /// The sequence number `sequence` (0 is `x`, 1 is `y`) of a shard of `count` samples.
  init(_ sequence: Int, of file: SafetensorsFile, count: Int, manifest: Manifest) throws {
    func refuse(_ reason: String) -> DataSetError { DataSetError(path: file.path, reason: reason) }
    let hashName = TensorName.hash(sequence)
    hashes = file.tensors[hashName] == nil ? [] : try file.elements(of: hashName)
    guard hashes.isEmpty || hashes.count == count else {
      throw refuse("\(hashes.count) hashes for \(count) samples")
    }
    let values = try file.description(of: TensorName.values(sequence))
    guard values.elementType == manifest.elementType else {
      throw refuse(
        "values are \(values.elementType.rawValue), the manifest says "
          + manifest.elementType.rawValue
      )
    }
    valuesType = values.elementType
    valuesStart = file.fileOffset(of: values)
    guard valuesStart % valuesType.byteCount == 0 else {
      throw refuse("values begin at byte \(valuesStart), inside a number")
    }
    channels = manifest.channels
    fixedLength = manifest.fixedLength
    let inner = channels == 1 ? [] : [channels]
    if let length = fixedLength {
      let expected = [count, length] + inner
      guard values.shape == expected else {
        throw refuse("values have the shape \(values.shape), expected \(expected)")
      }
      elementCount = count * length
      offsets = []
    } else {
      let total = values.shape.first ?? 0
      guard values.shape == [total] + inner else {
        throw refuse("values have the shape \(values.shape) with \(channels) channels")
      }
      offsets = try file.elements(of: TensorName.offsets(sequence))
      let rising = zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
      guard offsets.count == count + 1, offsets.first == 0, rising, offsets.last == Int64(total)
      else { throw refuse("the offsets do not cut \(total) positions into \(count) samples") }
      elementCount = total
    }
  }

  /// The positions of a sample, counted from the start of the shard's values.
  func range(_ row: Int) -> Range<Int> {
    if let fixedLength { return row * fixedLength..<(row + 1) * fixedLength }
    return Int(offsets[row])..<Int(offsets[row + 1])
  }

  /// The bytes of a sample, counted from the start of the file.
  func fileRange(_ row: Int) -> Range<Int> {
    let range = range(row)
    let size = valuesType.byteCount * channels
    return valuesStart + range.lowerBound * size..<valuesStart + range.upperBound * size
  }

  /// Whether a sample's bytes have the checksum stored for it; true where none is stored.
  func isSound(_ row: Int, in file: SafetensorsFile) -> Bool {
    hashes.isEmpty || hashes[row] == xxh3(file.bytes(fileRange(row)))
  }
}
