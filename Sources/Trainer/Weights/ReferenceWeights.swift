internal import DataKit

/// Weights in the naming of the published code, which grew out of the S4 repository.
///
/// docs/checkpoints.md has the table, and what of it could not be compared with a published file.
enum ReferenceWeights {
  /// Whether tensors of these names are such weights.
  static func hasNames(_ files: WeightFiles) -> Bool {
    files.shapes.keys.contains { $0.hasPrefix("model.layers.") }
  }

  /// The configuration with the input and the outputs that the file has.
  ///
  /// - Throws: ``CheckpointError`` when the file has no encoder of a known kind.
  static func fitted(
    _ network: NetworkConfiguration,
    to files: WeightFiles
  ) throws -> NetworkConfiguration {
    let tensors = try ForeignTensors(files, canonical: canonicalName)
    var fitted = network
    guard let encoder = tensors.shape(of: "encoder.weight"), encoder.count == 2 else {
      throw CheckpointError(path: files.path, reason: "there is no tensor 'encoder.0.weight'")
    }
    fitted.encoder =
      tensors.has("encoder.bias")
      ? .linear(inputs: encoder[1]) : .embedding(vocabulary: encoder[0])
    let biases = ["", ".2"].compactMap {
      tensors.shape(of: "decoder.output_transform\($0).bias")?.first
    }
    if let outputs = biases.last {
      fitted.outputs = outputs
    } else if !tensors.has("decoder.retrieval.classifier.2.bias") {
      fitted.head = .identity
    }
    return fitted
  }

  /// Reads all weights and running statistics of a network.
  ///
  /// - Returns: values by our names.
  /// - Throws: ``CheckpointError`` when a tensor is missing, too many, or of another shape.
  static func read(
    _ files: WeightFiles,
    for network: NetworkConfiguration
  ) throws -> [String: [Float]] {
    guard network.positions != .learned, network.classToken != true, !network.isParallel else {
      throw CheckpointError(
        path: files.path,
        reason: "the published code has no learned positions, class token or parallel layers, "
          + "which this network has"
      )
    }
    var tensors = try ForeignTensors(files, canonical: canonicalName)
    let structure = NetworkStructure(network)
    for entry in structure.layout.entries + structure.bufferLayout.entries {
      if let packed = packedName(of: entry.name), tensors.has(packed.name) {
        let count = entry.range.count
        try tensors.take(
          entry,
          from: [packed.name],
          shape: [3 * entry.shape[0]] + entry.shape.dropFirst()
        ) { Array($0[packed.part * count..<(packed.part + 1) * count]) }
      } else {
        try tensors.take(entry, from: names(of: entry.name))
      }
    }
    try tensors.finish()
    return tensors.values
  }

  /// A name without what differs from one version of the code to the next; nil for what is no weight.
  ///
  /// "model.layers.0.layer.kernel.kernel.C" becomes "layers.0.layer.C", "encoder.0.weight"
  /// "encoder.weight", "decoder.0.output_transform.weight" "decoder.output_transform.weight".
  static func canonicalName(_ name: String) -> String? {
    var parts = name.split(separator: ".").map(String.init)
    if ["num_batches_tracked", "pe"].contains(parts.last) { return nil }
    if parts.first == "model", parts.count > 1 { parts.removeFirst() }
    switch parts.first {
    case "encoder":
      parts.removeAll { Int($0) != nil || $0 == "embedding" }
    case "decoder":
      parts.removeSubrange(1..<(parts.dropFirst().firstIndex { Int($0) == nil } ?? 1))
    default:
      parts.removeAll { $0 == "kernel" }
      if let linear = parts.firstIndex(of: "output_linear") {
        parts = parts[...linear] + parts[(linear + 1)...].filter { Int($0) == nil }
      }
    }
    var shortened: [String] = []
    for part in parts where part != shortened.last || Int(part) != nil { shortened.append(part) }
    return shortened.joined(separator: ".")
  }

  /// The names that one of our tensors may have, in their canonical form.
  static func names(of name: String) -> [String] {
    let parts = name.split(separator: ".").map(String.init)
    let kind = parts.last ?? ""
    switch parts[0] {
    case "enc": return ["encoder.\(kind)"]
    case "final": return ["norm.\(kind)"]
    case "dec":
      switch parts[1] {
      case "lin": return ["decoder.output_transform.\(kind)"]
      case "up": return ["decoder.output_transform.0.\(kind)"]
      case "down": return ["decoder.output_transform.2.\(kind)"]
      default: return ["decoder.retrieval.classifier.\(2 * (Int(parts[2]) ?? 0)).\(kind)"]
      }
    default:
      if parts[2] == "norm" { return ["layers.\(parts[1]).norm.\(kind)"] }
      let layer = "layers.\(parts[1]).layer."
      return (layerNames[parts[3]] ?? [parts[3]]).map {
        layer + $0 + (parts.count > 4 ? "." + kind : "")
      }
    }
  }

  private static let layerNames = [
    "q": ["linears.0"], "k": ["linears.1"], "v": ["linears.2"],
    "o": ["linears.3", "mha.out_proj"], "up": ["ff.0.0", "ff.0"], "down": ["ff.2", "ff.2.0"],
    "log_neg_re": ["inv_w_real", "inv_A_real", "Lambda_log_neg_re"],
    "sqrt_neg_re": ["Lambda_log_neg_re"], "im": ["w_imag", "A_imag", "Lambda_im"],
    "lam": ["Lambda"], "p": ["P"], "b": ["B"], "c": ["C"], "d": ["D"], "w": ["W"], "len": ["L"],
    "out": ["output_linear"],
  ]

  /// Where q, k or v lies in the one matrix of PyTorch's own attention.
  private static func packedName(of name: String) -> (name: String, part: Int)? {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 5, let part = ["q", "k", "v"].firstIndex(of: parts[3]) else { return nil }
    return ("layers.\(parts[1]).layer.mha.in_proj_\(parts[4])", part)
  }
}
