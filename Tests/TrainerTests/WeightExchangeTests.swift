import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct WeightExchangeTests {
  private let pool = WorkerPool(threads: 2)

  /// A short run whose network has batch norm and truncated S4 kernels, both with buffers.
  private func trained(_ harness: TrainingHarness) throws -> Checkpoint {
    var network = TrainingHarness.network(norm: .batch)
    network.layers.append(
      .stateSpace(model: StateSpace(.s4(states: 4, copies: 2, rank: 1, maximumLength: nil)))
    )
    _ = try harness.start(harness.configuration(network: network, steps: 3), "run").run()
    return try Checkpoint(reading: RunFolder(harness.path("run")).best)
  }

  private func logits(_ checkpoint: Checkpoint) throws -> [Float] {
    let network = Network(checkpoint.configuration.network, pool: pool)
    try checkpoint.restore(network)
    let input = Batch.Input.values(drawn(32, seed: 6))
    return network.logits(of: Batch(rows: 2, length: 16, input: input))
  }

  @Test func `exported and imported weights come back as they were`() throws {
    let harness = try TrainingHarness(.pixels)
    let checkpoint = try trained(harness)
    let exported = harness.path("a.safetensors")
    #expect(try ExportedWeights.write(checkpoint, to: exported) > 20)
    let weights = try ImportedWeights(at: exported)
    #expect(weights.kind == .exported && weights.configuration == checkpoint.configuration)
    let imported = harness.path("imported.safetensors")
    let (network, report) = try weights.network(for: checkpoint.configuration, pool: pool)
    try Checkpoint.write(network, checkpoint.configuration, to: imported)
    #expect(report.initialised.isEmpty && report.dropped.isEmpty)
    let again = try Checkpoint(reading: imported)
    try ExportedWeights.write(again, to: harness.path("b.safetensors"))
    #expect(try readFile(exported) == readFile(harness.path("b.safetensors")))
    #expect(try logits(again) == logits(checkpoint))
    let evaluation = try Evaluation(again, on: .test, of: harness.dataSet, pool: pool)
    let direct = try Evaluation(checkpoint, on: .test, of: harness.dataSet, pool: pool)
    #expect(try evaluation.score() == direct.score())
    let finetune = try harness.configuration(network: checkpoint.configuration.network) {
      $0.from = imported
    }
    #expect(try harness.start(finetune, "tuned").run() == .finished)
  }

  @Test func `an export holds the documented names without gaps`() throws {
    let harness = try TrainingHarness(.pixels)
    let path = harness.path("a.safetensors")
    try ExportedWeights.write(trained(harness), to: path)
    let file = try SafetensorsFile(path: path)
    #expect(file.metadata.keys.sorted() == ["config", "format", "version"])
    for name in [
      "enc.weight", "enc.bias", "blocks.0.layer.q.weight", "blocks.0.norm.bn.running_var",
      "blocks.2.layer.len", "final.bn.weight", "dec.lin.bias",
    ] { #expect(file.tensors[name] != nil, "\(name)") }
    #expect(!file.tensors.keys.contains { $0.hasPrefix("__pad__") })
  }

  @Test func `an export replaces no checkpoint, and damage is one sentence`() throws {
    let harness = try TrainingHarness(.pixels)
    let checkpoint = try trained(harness)
    #expect(throws: CheckpointError.self) {
      try ExportedWeights.write(checkpoint, to: checkpoint.path)
    }
    let error = #expect(throws: CheckpointError.self) { try ImportedWeights(at: checkpoint.path) }
    #expect(try #require(error).reason == "it is a checkpoint of lra-train already")
    let shard = harness.dataSet.folder + "/train-00000-of-00001.safetensors"
    #expect(throws: CheckpointError.self) { try ImportedWeights(at: shard) }
    let path = harness.path("a.safetensors")
    try ExportedWeights.write(checkpoint, to: path)
    let weights = try ImportedWeights(at: path)
    var other = checkpoint.configuration
    other.network.width = 4
    let mismatch = #expect(throws: CheckpointError.self) {
      try weights.network(for: other, pool: pool)
    }
    #expect(
      try #require(mismatch).reason
        == "'enc.weight' has shape [8, 1], expected [4, 1] for 'enc.weight'"
    )
  }
}

@Suite struct ReferenceWeightTests {
  @Test(
    arguments: [
      ("model.layers.3.layer.kernel.kernel.C", "layers.3.layer.C"),
      ("model.layers.3.layer.kernel.log_dt", "layers.3.layer.log_dt"),
      ("model.layers.3.layer.D", "layers.3.layer.D"),
      ("model.layers.3.layer.output_linear.0.weight", "layers.3.layer.output_linear.weight"),
      ("model.layers.0.layer.ff.0.0.weight", "layers.0.layer.ff.0.0.weight"),
      ("model.layers.3.norm.norm.running_mean", "layers.3.norm.running_mean"),
      ("model.norm.norm.weight", "norm.weight"), ("encoder.0.weight", "encoder.weight"),
      ("encoder.1.0.bias", "encoder.bias"),
      ("decoder.0.output_transform.weight", "decoder.output_transform.weight"),
      ("decoder.1.0.output_transform.2.bias", "decoder.output_transform.2.bias"),
      ("model.layers.0.norm.norm.num_batches_tracked", nil), ("encoder.1.pe", nil),
    ] as [(String, String?)]
  )
  func `names lose what differs between versions`(name: String, canonical: String?) {
    #expect(ReferenceWeights.canonicalName(name) == canonical)
  }

  /// The published name and shape of one of our tensors.
  private func published(_ entry: ParameterLayout.Entry) -> (name: String, shape: [Int]) {
    let parts = entry.name.split(separator: ".").map(String.init)
    let kind = parts[parts.count - 1]
    switch parts[0] {
    case "enc": return ("encoder.0.\(kind)", entry.shape)
    case "final": return ("model.norm.norm.\(kind)", entry.shape)
    case "dec": return ("decoder.0.output_transform.\(kind)", entry.shape)
    default: break
    }
    let block = "model.layers.\(parts[1])."
    if parts[2] == "norm" { return (block + "norm.norm.\(kind)", entry.shape) }
    switch parts[3] {
    case "q": return (block + "layer.linears.0.\(kind)", entry.shape)
    case "k": return (block + "layer.linears.1.\(kind)", entry.shape)
    case "v": return (block + "layer.linears.2.\(kind)", entry.shape)
    case "o": return (block + "layer.linears.3.\(kind)", entry.shape)
    case "up": return (block + "layer.ff.0.0.\(kind)", entry.shape)
    case "down": return (block + "layer.ff.2.\(kind)", entry.shape)
    case "out": return (block + "layer.output_linear.0.\(kind)", entry.shape + [1])
    case "d": return (block + "layer.D", entry.shape)
    case "len": return (block + "layer.kernel.kernel.L", [])
    case "b": return (block + "layer.kernel.kernel.B", [1] + entry.shape)
    case "log_neg_re": return (block + "layer.kernel.kernel.inv_w_real", entry.shape)
    case "im": return (block + "layer.kernel.kernel.w_imag", entry.shape)
    case "log_dt": return (block + "layer.kernel.kernel.log_dt", entry.shape + [1])
    default: return (block + "layer.kernel.kernel.\(parts[3].uppercased())", entry.shape)
    }
  }

  @Test func `weights in the published names give the same outputs`() throws {
    let folder = TemporaryFolder()
    let configuration = NetworkConfiguration(
      encoder: .linear(inputs: 1),
      width: 8,
      layers: [
        .attention(heads: 2, causal: false, rotary: false), .feedForward(expand: 2),
        .stateSpace(model: StateSpace(.s4(states: 4, copies: 2, rank: 1, maximumLength: nil))),
      ],
      depth: 1,
      norm: .batch,
      outputs: 3
    )
    let network = Network(configuration, pool: WorkerPool(threads: 2))
    network.initialize(seed: 4)
    let batch = Batch(rows: 2, length: 10, input: .values(drawn(20, seed: 3)))
    let expected = network.logits(of: batch)
    var tensors: [TensorData] = []
    for store in [network.parameters, network.buffers] {
      for entry in store.layout.entries {
        let (name, shape) = published(entry)
        let values = store[entry.name]
        tensors.append(
          name.hasSuffix(".L")
            ? TensorData(name: name, shape: shape, elements: values.map { Int64($0) })
            : TensorData(name: name, shape: shape, elements: values)
        )
      }
    }
    tensors.append(
      TensorData(
        name: "model.layers.0.norm.norm.num_batches_tracked",
        shape: [],
        elements: [Int64(7)]
      )
    )
    let path = folder.path + "/published.safetensors"
    try SafetensorsWriter.write(tensors, metadata: [:], layout: .packed, to: path)
    let weights = try ImportedWeights(at: path)
    #expect(weights.kind == .reference)
    var base = try Preset.named("transformer-image").finetune
    base.network = configuration
    (base.network.outputs, base.network.encoder) = (10, .embedding(vocabulary: 5))
    let fitted = try weights.fitted(base)
    #expect(fitted.network == configuration)
    let imported = folder.path + "/imported.safetensors"
    let (made, report) = try weights.network(for: fitted, pool: WorkerPool(threads: 1))
    #expect(report.initialised.isEmpty)
    try Checkpoint.write(made, fitted, to: imported)
    let checkpoint = try Checkpoint(reading: imported)
    let again = Network(checkpoint.configuration.network, pool: WorkerPool(threads: 2))
    try checkpoint.restore(again)
    #expect(again.logits(of: batch) == expected)
  }

  @Test func `the packed projections of PyTorch's attention are cut`() throws {
    let folder = TemporaryFolder()
    let configuration = NetworkConfiguration(
      encoder: .embedding(vocabulary: 5),
      width: 4,
      layers: [.attention(heads: 2, causal: true, rotary: false)],
      depth: 1,
      head: .identity,
      outputs: 4,
      pooling: .all
    )
    let structure = NetworkStructure(configuration)
    var tensors: [TensorData] = []
    for entry in structure.layout.entries {
      let parts = entry.name.split(separator: ".").map(String.init)
      if parts.count == 5, parts[3] != "o", parts[2] == "layer" { continue }
      let name =
        parts.count == 5 && parts[3] == "o"
        ? "model.layers.0.layer.mha.out_proj.\(parts[4])" : published(entry).name
      tensors.append(
        TensorData(name: name, shape: entry.shape, elements: drawn(entry.range.count, seed: 2))
      )
    }
    let packed = (0..<48).map { Float($0) }
    let name = "model.layers.0.layer.mha.in_proj_"
    tensors.append(TensorData(name: name + "weight", shape: [12, 4], elements: packed))
    tensors.append(TensorData(name: name + "bias", shape: [12], elements: Array(packed[..<12])))
    let path = folder.path + "/published.safetensors"
    try SafetensorsWriter.write(tensors, metadata: [:], layout: .packed, to: path)
    let files = try WeightFiles(path)
    let values = try ReferenceWeights.read(files, for: configuration)
    #expect(values["blocks.0.layer.k.weight"] == Array(packed[16..<32]))
    #expect(values["blocks.0.layer.v.bias"] == [8, 9, 10, 11])
    var other = configuration
    other.head = .linear
    let fitted = try ReferenceWeights.fitted(other, to: files)
    #expect(fitted.head == .identity && fitted.encoder == .embedding(vocabulary: 5))
    other.classToken = true
    #expect(throws: CheckpointError.self) { try ReferenceWeights.read(files, for: other) }
    other = NetworkTests.mega
    let error = #expect(throws: CheckpointError.self) {
      try ReferenceWeights.read(files, for: other)
    }
    #expect(error?.reason.contains("Mega are not known") == true)
  }
}
