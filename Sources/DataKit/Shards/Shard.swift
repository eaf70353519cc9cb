internal import CKernels

/// One mapped shard of samples.
final class Shard: Sendable {
  /// The index of its first sample in the split.
  let first: Int
  /// How many samples it holds.
  let count: Int
  var path: String { file.path }
  /// The values: `x`, and `y` for pairs.
  let sequences: [ShardSequence]
  private let file: SafetensorsFile
  private let sampleIDs: [Int64]
  private let labels: Labels
  /// For each sequence the samples that had their checksum compared already.
  private let checked: [CheckedSamples]

  private enum Labels {
    case classes([Int64])
    case values([Float])
  }

  init(path: String, first: Int, manifest: Manifest) throws {
    let file = try SafetensorsFile(path: path)
    func refuse(_ reason: String) -> DataSetError { DataSetError(path: path, reason: reason) }
    let version = file.metadata["version"] ?? "none"
    guard version.prefix(while: { $0 != "." }) == Manifest.version.prefix(while: { $0 != "." })
    else {
      throw refuse("format version \(version), this program reads \(Manifest.version)")
    }
    let ids: [Int64] = try file.elements(of: TensorName.sampleID)
    guard ids.allSatisfy({ $0 >= 0 }) else { throw refuse("a sample id is negative") }
    switch manifest.target.kind {
    case .class:
      let classes: [Int64] = try file.elements(of: TensorName.label)
      guard classes.count == ids.count else {
        throw refuse("\(classes.count) labels for \(ids.count) samples")
      }
      guard classes.allSatisfy({ 0..<Int64(manifest.classes) ~= $0 }) else {
        throw refuse("a label is not one of the \(manifest.classes) classes")
      }
      labels = .classes(classes)
    case .value:
      let values: [Float] = try file.elements(of: TensorName.label)
      guard values.count == ids.count else {
        throw refuse("\(values.count) labels for \(ids.count) samples")
      }
      guard values.allSatisfy(\.isFinite) else { throw refuse("a label is not a finite number") }
      labels = .values(values)
    }
    sequences = try (0..<manifest.sequences).map { sequence in
      try ShardSequence(sequence, of: file, count: ids.count, manifest: manifest)
    }
    checked = sequences.map { _ in CheckedSamples(count: ids.count) }
    sampleIDs = ids
    count = ids.count
    self.file = file
    self.first = first
  }

  /// The positions of all sequences together.
  var elementCount: Int { sequences.reduce(0) { $0 + $1.elementCount } }

  func sampleID(_ row: Int) -> Int64 { sampleIDs[row] }

  /// The class of a sample.
  ///
  /// - Precondition: labels are classes.
  func label(_ row: Int) -> Int64 {
    guard case .classes(let classes) = labels else {
      preconditionFailure("labels of \(path) are values, not classes")
    }
    return classes[row]
  }

  /// The label of a sample as a number.
  func value(_ row: Int) -> Float {
    switch labels {
    case .classes(let classes): Float(classes[row])
    case .values(let values): values[row]
    }
  }

  /// The bytes of a sample, whose checksum is compared when it is read for the first time.
  private func soundBytes(_ row: Int, sequence: Int) throws(DataSetError) -> UnsafeRawBufferPointer
  {
    if !checked[sequence].contains(row) {
      guard sequences[sequence].isSound(row, in: file) else {
        throw DataSetError(
          path: path,
          reason: damage(row, sequence: sequence),
          hint: "prepare the data set again; 'lra-prep verify' names everything that is damaged"
        )
      }
      checked[sequence].insert(row)
    }
    return file.bytes(sequences[sequence].fileRange(row))
  }

  /// Copies a sample's values, widened to 32 bits; returns how many.
  func copyValues(
    _ row: Int,
    sequence: Int,
    into output: UnsafeMutableBufferPointer<Int32>
  ) throws(DataSetError) -> Int {
    let bytes = try soundBytes(row, sequence: sequence)
    let type = sequences[sequence].valuesType
    let count = bytes.count / type.byteCount
    precondition(output.count >= count, "room for \(output.count) values, the sample has \(count)")
    guard count > 0, let start = bytes.baseAddress else { return 0 }
    switch type {
    case .uint8:
      ckernels_widen_u8(output.baseAddress, start.assumingMemoryBound(to: UInt8.self), count)
    case .uint16:
      ckernels_widen_u16(output.baseAddress, start.assumingMemoryBound(to: UInt16.self), count)
    case .int16:
      bytes.withMemoryRebound(to: Int16.self) { values in
        for index in 0..<count { output[index] = Int32(values[index]) }
      }
    default: preconditionFailure("values of type \(type.rawValue) are no whole numbers")
    }
    return count
  }

  /// Copies a sample's values as stored, converted to Float; returns how many.
  func copyFloats(
    _ row: Int,
    sequence: Int,
    into output: UnsafeMutableBufferPointer<Float>
  ) throws(DataSetError) -> Int {
    let bytes = try soundBytes(row, sequence: sequence)
    let type = sequences[sequence].valuesType
    let count = bytes.count / type.byteCount
    precondition(output.count >= count, "room for \(output.count) values, the sample has \(count)")
    switch type {
    case .uint8: for index in 0..<count { output[index] = Float(bytes[index]) }
    case .int16:
      bytes.withMemoryRebound(to: Int16.self) { values in
        for index in 0..<count { output[index] = Float(values[index]) }
      }
    case .float32: UnsafeMutableRawBufferPointer(output).copyMemory(from: bytes)
    default: preconditionFailure("values of type \(type.rawValue) are no measurements")
    }
    return count
  }

  /// The sequences of a sample whose bytes no longer have the checksum stored for them.
  func damagedSequences(_ row: Int) -> [Int] {
    sequences.indices.filter { !sequences[$0].isSound(row, in: file) }
  }

  /// A sentence about a damaged sample.
  func damage(_ row: Int, sequence: Int) -> String {
    let bytes = sequences[sequence].fileRange(row)
    let which = sequence == 0 ? "" : ", second sequence,"
    return "sample \(row) (id \(sampleIDs[row]))\(which) at bytes \(bytes.lowerBound) to "
      + "\(bytes.upperBound - 1) is damaged"
  }
}
