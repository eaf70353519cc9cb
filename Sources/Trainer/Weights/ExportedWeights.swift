internal import DataKit

/// Weights and running statistics in our own names, for other programs, and back.
///
/// The file is a safetensors file without gaps; all tensors are F32 and have the names of the network's
/// parameters and buffers. The metadata holds `format`, `version` and, as JSON, `config`: the run's
/// configuration.
public enum ExportedWeights {
  /// The name of the format.
  public static let format = "lra-weights"
  /// The version written; readers refuse another first number.
  public static let version = "1.0"

  /// Writes a checkpoint's weights and running statistics, in the order of their names.
  ///
  /// Equal weights and configurations give equal bytes.
  ///
  /// - Returns: the number of tensors.
  /// - Throws: ``CheckpointError`` when it would replace the checkpoint itself, ``FileError`` when the file
  ///   cannot be written.
  @discardableResult
  public static func write(_ checkpoint: Checkpoint, to path: String) throws -> Int {
    guard path != checkpoint.path else {
      throw CheckpointError(path: path, reason: "the export would replace the checkpoint itself")
    }
    var places: [(name: String, place: String, shape: [Int])] = []
    for prefix in ["parameter.", "buffer."] {
      places += checkpoint.shapes(prefix).map { ($0.key, prefix + $0.key, $0.value) }
    }
    let tensors = try places.sorted { $0.name < $1.name }.map { name, place, shape in
      let elements: [Float] = try checkpoint.file.elements(of: place)
      return TensorData(name: name, shape: shape, elements: elements)
    }
    let config = String(decoding: try JSON.encode(checkpoint.configuration), as: UTF8.self)
    let metadata = ["format": format, "version": version, "config": config]
    try SafetensorsWriter.write(tensors, metadata: metadata, layout: .packed, to: path)
    return tensors.count
  }

  /// The configuration in an exported file, or nil when the file is none.
  static func configuration(of files: WeightFiles) throws -> RunConfiguration? {
    guard files.metadata["format"] == format else { return nil }
    let found = files.metadata["version"] ?? "none"
    guard found.prefix(while: { $0 != "." }) == version.prefix(while: { $0 != "." }) else {
      throw CheckpointError(
        path: files.path,
        reason: "weights of version \(found), this program reads \(version)"
      )
    }
    do {
      return try RunConfiguration(
        decoding: Array((files.metadata["config"] ?? "").utf8),
        from: files.path
      )
    } catch {
      throw CheckpointError(path: files.path, reason: "its metadata 'config' is damaged")
    }
  }

  /// Reads all weights and running statistics of a network.
  ///
  /// - Returns: values by name.
  /// - Throws: ``CheckpointError`` when a tensor is missing, too many, or of another shape.
  static func read(
    _ files: WeightFiles,
    for network: NetworkConfiguration
  ) throws -> [String: [Float]] {
    var tensors = try ForeignTensors(files) { $0 }
    let structure = NetworkStructure(network)
    for entry in structure.layout.entries + structure.bufferLayout.entries {
      try tensors.take(entry, from: [entry.name])
    }
    try tensors.finish()
    return tensors.values
  }
}
