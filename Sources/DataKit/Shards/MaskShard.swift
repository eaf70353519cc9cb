/// One mapped mask shard: bit j of `mask.k`, least significant first, belongs to position j.
final class MaskShard: Sendable {
  private let file: SafetensorsFile
  /// For each sequence the start of each variant in the file.
  private let starts: [[Int]]
  /// How many variants are stored.
  let variantCount: Int

  init(path: String, variants: Int, of shard: Shard) throws {
    let file = try SafetensorsFile(path: path)
    starts = try shard.sequences.enumerated().map { sequence, values in
      try (0..<variants).map { variant in
        let name = TensorName.mask(variant, sequence: sequence)
        let tensor = try file.description(of: name)
        guard tensor.elementType == .uint8,
          tensor.elementCount == (values.elementCount + 7) / 8
        else {
          throw DataSetError(
            path: path,
            reason: "\(name) has \(tensor.elementCount) bytes for \(values.elementCount) positions"
          )
        }
        return file.fileOffset(of: tensor)
      }
    }
    variantCount = variants
    self.file = file
  }

  func copyBits(
    _ elements: Range<Int>,
    sequence: Int,
    variant: Int,
    into mask: UnsafeMutableBufferPointer<UInt8>
  ) {
    let start = starts[sequence][variant]
    let bytes = file.bytes(start..<start + (elements.upperBound + 7) / 8)
    PackedBits.expand(
      bytes,
      from: elements.lowerBound,
      into: UnsafeMutableBufferPointer(rebasing: mask[..<elements.count])
    )
  }
}
