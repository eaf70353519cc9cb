internal import CKernels

/// The names of the tensors of a shard.
enum TensorName {
  static let sampleID = "sample.id"
  static let label = "label"
  static let values = "x.values"
  static let offsets = "x.offsets"
  static let hash = "x.hash"
  static func mask(_ variant: Int) -> String { "mask.\(variant)" }
}

/// One mapped shard of samples.
final class Shard: Sendable {
  /// The index of its first sample in the split.
  let first: Int
  /// How many samples it holds.
  let count: Int
  /// The elements of all its samples.
  let elementCount: Int
  var path: String { file.path }
  private let file: SafetensorsFile
  private let valuesType: ElementType
  private let valuesStart: Int
  private let fixedLength: Int
  private let offsets: [Int64]
  private let sampleIDs: [Int64]
  private let labels: [Int64]
  private let hashes: [UInt64]
  private let checked: CheckedSamples

  init(path: String, first: Int, manifest: Manifest) throws {
    let file = try SafetensorsFile(path: path)
    func refuse(_ reason: String) -> DataSetError { DataSetError(path: path, reason: reason) }
    let version = file.metadata["version"] ?? "none"
    guard version.prefix(while: { $0 != "." }) == Manifest.version.prefix(while: { $0 != "." })
    else {
      throw refuse("format version \(version), this program reads \(Manifest.version)")
    }
    sampleIDs = try file.elements(of: TensorName.sampleID)
    labels = try file.elements(of: TensorName.label)
    count = sampleIDs.count
    guard labels.count == count else {
      throw refuse("\(labels.count) labels for \(count) samples")
    }
    guard labels.allSatisfy({ 0..<Int64(manifest.classes) ~= $0 }) else {
      throw refuse("a label is not one of the \(manifest.classes) classes")
    }
    hashes =
      file.tensors[TensorName.hash] == nil ? [] : try file.elements(of: TensorName.hash)
    guard hashes.isEmpty || hashes.count == count else {
      throw refuse("\(hashes.count) hashes for \(count) samples")
    }
    let values = try file.description(of: TensorName.values)
    guard values.elementType == manifest.elementType else {
      throw refuse(
        "values are \(values.elementType.rawValue), the manifest says "
          + manifest.elementType.rawValue
      )
    }
    elementCount = values.elementCount
    valuesType = values.elementType
    valuesStart = file.fileOffset(of: values)
    if let length = manifest.fixedLength {
      guard values.shape == [count, length] else {
        throw refuse("values have the shape \(values.shape), expected [\(count), \(length)]")
      }
      fixedLength = length
      offsets = []
    } else {
      fixedLength = 0
      offsets = try file.elements(of: TensorName.offsets)
      let rising = zip(offsets, offsets.dropFirst()).allSatisfy { $0 <= $1 }
      guard offsets.count == count + 1, offsets.first == 0, rising,
        offsets.last == Int64(elementCount)
      else {
        throw refuse("the offsets do not cut \(elementCount) elements into \(count) samples")
      }
    }
    guard sampleIDs.allSatisfy({ $0 >= 0 }) else { throw refuse("a sample id is negative") }
    checked = CheckedSamples(count: count)
    self.file = file
    self.first = first
  }

  func sampleID(_ row: Int) -> Int64 { sampleIDs[row] }
  func label(_ row: Int) -> Int64 { labels[row] }

  /// The elements of a sample, counted from the start of the shard's values.
  func range(_ row: Int) -> Range<Int> {
    fixedLength > 0
      ? row * fixedLength..<(row + 1) * fixedLength : Int(offsets[row])..<Int(offsets[row + 1])
  }

  /// The bytes of a sample, counted from the start of the file.
  func fileRange(_ row: Int) -> Range<Int> {
    let range = range(row)
    let size = valuesType.byteCount
    return valuesStart + range.lowerBound * size..<valuesStart + range.upperBound * size
  }

  /// Copies a sample's elements to the front of `output`; their number is returned.
  ///
  /// The checksum is compared when the sample is read for the first time.
  func copyValues(
    _ row: Int,
    into output: UnsafeMutableBufferPointer<Int32>
  ) throws(DataSetError) -> Int {
    if !checked.contains(row) {
      guard isSound(row) else {
        throw DataSetError(
          path: path,
          reason: damage(row),
          hint: "prepare the data set again; 'lra-prep verify' names everything that is damaged"
        )
      }
      checked.insert(row)
    }
    let bytes = file.bytes(fileRange(row))
    let count = range(row).count
    precondition(
      output.count >= count,
      "room for \(output.count) elements, the sample has \(count)"
    )
    guard count > 0, let start = bytes.baseAddress else { return 0 }
    switch valuesType {
    case .uint8:
      ckernels_widen_u8(output.baseAddress, start.assumingMemoryBound(to: UInt8.self), count)
    case .uint16:
      ckernels_widen_u16(output.baseAddress, start.assumingMemoryBound(to: UInt16.self), count)
    default: preconditionFailure("values of type \(valuesType.rawValue) are not token ids")
    }
    return count
  }

  /// Whether a sample's bytes have the checksum stored for it; true where none is stored.
  func isSound(_ row: Int) -> Bool {
    hashes.isEmpty || hashes[row] == xxh3(file.bytes(fileRange(row)))
  }

  /// A sentence about a damaged sample.
  func damage(_ row: Int) -> String {
    let bytes = fileRange(row)
    return "sample \(row) (id \(sampleIDs[row])) at bytes \(bytes.lowerBound) to "
      + "\(bytes.upperBound - 1) is damaged"
  }
}

/// One mapped mask shard: bit j of `mask.k`, least significant first, belongs to element j.
final class MaskShard: Sendable {
  private let file: SafetensorsFile
  private let starts: [Int]
  /// How many variants are stored.
  var variantCount: Int { starts.count }

  init(path: String, variants: Int, elements: Int) throws {
    let file = try SafetensorsFile(path: path)
    starts = try (0..<variants).map { variant in
      let tensor = try file.description(of: TensorName.mask(variant))
      guard tensor.elementType == .uint8, tensor.elementCount == (elements + 7) / 8 else {
        throw DataSetError(
          path: path,
          reason: "mask.\(variant) has \(tensor.elementCount) bytes for \(elements) elements"
        )
      }
      return file.fileOffset(of: tensor)
    }
    self.file = file
  }

  func copyBits(
    _ elements: Range<Int>,
    variant: Int,
    into mask: UnsafeMutableBufferPointer<UInt8>
  ) {
    let start = starts[variant]
    let bytes = file.bytes(start..<start + (elements.upperBound + 7) / 8)
    PackedBits.expand(
      bytes,
      from: elements.lowerBound,
      into: UnsafeMutableBufferPointer(rebasing: mask[..<elements.count])
    )
  }
}
