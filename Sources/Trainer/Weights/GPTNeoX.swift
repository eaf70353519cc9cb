internal import DataKit
internal import RealModule

/// The weights of a GPT-NeoX model, such as Pythia, in the naming of Hugging Face transformers.
///
/// Layer i has the names `gpt_neox.layers.i.…`. Its attention becomes our block 2i, its feed-forward
/// layer block 2i + 1. Rows of `query_key_value` lie as [heads, 3, head width]; ours as three matrices
/// of [heads, head width] rows. Buffers (`attention.bias`, `attention.masked_bias`) are left;
/// `rotary_emb.inv_freq`, where it is stored, must be that of the network.
///
/// Sources: Black et al., "GPT-NeoX-20B", 2022; Biderman et al., "Pythia", 2023; the names and the
/// order of rows are those of the published checkpoints.
enum GPTNeoX {
  private static let prefix = "gpt_neox."

  /// Whether tensors of these names are such a model.
  static func hasNames(_ files: WeightFiles) -> Bool {
    files.shapes.keys.contains { $0.hasPrefix(prefix) }
  }

  /// Reads the layers, the last norm and, if asked for, embedding and output map of a network.
  ///
  /// - Parameters:
  ///   - files: the model.
  ///   - network: the configuration to fill; its sizes must be those of the model.
  ///   - embeddings: whether `embed_in` and `embed_out` are taken too.
  /// - Returns: values by our names.
  /// - Throws: ``CheckpointError`` when the network is of another kind, or a tensor is missing, too
  ///   many, or of another shape.
  static func read(
    _ files: WeightFiles,
    for network: NetworkConfiguration,
    embeddings: Bool
  ) throws -> [String: [Float]] {
    let heads = try heads(of: network, files)
    let layout = NetworkStructure(network).layout
    var tensors = try ForeignTensors(files) { $0 }
    for layer in 0..<network.depth {
      for entry in layout.entries where entry.name.hasPrefix("blocks.\(2 * layer).") {
        try takeAttention(entry, layer, heads: heads, from: &tensors)
      }
      for entry in layout.entries where entry.name.hasPrefix("blocks.\(2 * layer + 1).") {
        try take(entry, "layers.\(layer).", feedForwardNames, from: &tensors)
      }
      try checkFrequencies(of: layer, network, heads: heads, tensors, files)
    }
    for entry in layout.entries where entry.name.hasPrefix("final.") {
      try take(entry, "", ["final.ln": "final_layer_norm"], from: &tensors)
    }
    if embeddings { try takeEmbeddings(layout, network, from: &tensors, files) }
    tensors.leave { name in
      embeddingNames.contains(name) || bufferEndings.contains { name.hasSuffix($0) }
    }
    try tensors.finish()
    return tensors.values
  }

  /// The tensors that belong to the vocabulary.
  static let embeddingNames = ["gpt_neox.embed_in.weight", "embed_out.weight"]
  private static let bufferEndings = [
    ".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq",
  ]
  private static let attentionNames = [
    "layer.o": "attention.dense", "norm.ln": "input_layernorm",
  ]
  private static let feedForwardNames = [
    "layer.up": "mlp.dense_h_to_4h", "layer.down": "mlp.dense_4h_to_h",
    "norm.ln": "post_attention_layernorm",
  ]

  /// The heads of a network of the kind, or a refusal that says what differs.
  private static func heads(of network: NetworkConfiguration, _ files: WeightFiles) throws -> Int {
    func refuse(_ reason: String) -> CheckpointError {
      CheckpointError(
        path: files.path,
        reason: "it is a GPT-NeoX model, but the network's \(reason)",
        hint: "use a preset such as pythia-70m-text"
      )
    }
    guard network.isParallel, network.prenorm, network.norm == .layer else {
      throw refuse("layers are not parallel ones with layer norms before them")
    }
    guard network.rotary?.pairing == .halves, network.positions == .none else {
      throw refuse("positions are not rotary ones in halves")
    }
    guard network.layers.count == 2,
      case .attention(let heads, _, true, let bias) = network.layers[0],
      case .feedForward(_, let activation) = network.layers[1], bias ?? true,
      activation ?? .gelu == .gelu
    else { throw refuse("round of layers is not rotary attention and feed-forward") }
    return heads
  }

  /// Takes "….layer.up.weight" and the like, whose middle part has another name there.
  private static func take(
    _ entry: ParameterLayout.Entry,
    _ place: String,
    _ names: [String: String],
    from tensors: inout ForeignTensors
  ) throws {
    let kind = entry.name.hasSuffix(".bias") ? "bias" : "weight"
    let own = entry.name.dropLast(kind.count + 1)
    guard let name = names.first(where: { own.hasSuffix($0.key) })?.value else {
      preconditionFailure("GPTNeoX: '\(entry.name)' has no counterpart")
    }
    try tensors.take(entry, from: [prefix + place + name + "." + kind])
  }

  private static func takeAttention(
    _ entry: ParameterLayout.Entry,
    _ layer: Int,
    heads: Int,
    from tensors: inout ForeignTensors
  ) throws {
    let parts = entry.name.split(separator: ".")
    guard let part = ["q", "k", "v"].firstIndex(of: parts[3]) else {
      return try take(entry, "layers.\(layer).", attentionNames, from: &tensors)
    }
    try tensors.take(
      entry,
      from: ["\(prefix)layers.\(layer).attention.query_key_value.\(parts[4])"],
      shape: [3 * entry.shape[0]] + entry.shape.dropFirst()
    ) { values in
      // Rows of one head's part lie together: [heads, 3, head width, inputs].
      let count = values.count / (3 * heads)
      return (0..<heads).flatMap { head in
        values[(3 * head + part) * count..<(3 * head + part + 1) * count]
      }
    }
  }

  /// Refuses a model that turns other channels, or by other angles; files of today do not say.
  private static func checkFrequencies(
    of layer: Int,
    _ network: NetworkConfiguration,
    heads: Int,
    _ tensors: ForeignTensors,
    _ files: WeightFiles
  ) throws {
    let name = "\(prefix)layers.\(layer).attention.rotary_emb.inv_freq"
    guard tensors.has(name) else { return }
    let turned = (network.rotary ?? .init()).width(ofHead: network.width / heads)
    let found = try tensors.floats(of: name).map(Double.init)
    let expected = (0..<turned / 2).map { Double.pow(10_000, -Double(2 * $0) / Double(turned)) }
    // Half precision has three digits.
    guard found.count == expected.count,
      zip(found, expected).allSatisfy({ abs($0 - $1) <= 0.01 * $1 })
    else {
      throw CheckpointError(
        path: files.path,
        reason: "'\(name)' has \(found.count) other frequencies, this network turns \(turned) "
          + "channels of a head from base 10000"
      )
    }
  }

  private static func takeEmbeddings(
    _ layout: ParameterLayout,
    _ network: NetworkConfiguration,
    from tensors: inout ForeignTensors,
    _ files: WeightFiles
  ) throws {
    guard case .embedding = network.encoder, network.head == .linear,
      let input = layout["enc.weight"], let output = layout["dec.lin.weight"],
      let bias = layout["dec.lin.bias"]
    else {
      throw CheckpointError(
        path: files.path,
        reason: "its embedding and output map need an embedding and a linear head"
      )
    }
    try tensors.take(input, from: [embeddingNames[0]])
    try tensors.take(output, from: [embeddingNames[1]])
    tensors.fill(bias, with: 0)
  }
}
