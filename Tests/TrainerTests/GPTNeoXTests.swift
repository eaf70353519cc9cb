import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct GPTNeoXTests {
  private let folder = TemporaryFolder()
  private let oracle = GPTNeoXOracle()
  private let tokens = (0..<70).map { ($0 * 5 + $0 / 3) % 13 }

  private func path(_ name: String) -> String { folder.path + "/" + name }

  /// A network with all weights of a model.
  private func network(
    _ path: String,
    causal: Bool = true,
    _ change: (inout NetworkConfiguration) -> Void = { _ in }
  ) throws -> Network {
    var configuration = oracle.configuration(causal: causal)
    change(&configuration)
    let network = Network(configuration, pool: WorkerPool(threads: 2))
    let values = try GPTNeoX.read(WeightFiles(path), for: configuration, embeddings: true)
    #expect(Set(values.keys) == Set(network.layout.names))
    for (name, values) in values { network.parameters[name] = values }
    return network
  }

  private func logits(_ network: Network) -> [Float] {
    network.logits(of: Batch(rows: 1, length: 70, input: .tokens(tokens.map(Int32.init))))
  }

  @Test(arguments: [true, false])
  func `outputs are those of the definition`(causal: Bool) throws {
    let model = path("model.safetensors")
    try oracle.write(to: model)
    let expected = oracle.logits(of: tokens, causal: causal).map(Float.init)
    expectClose(logits(try network(model, causal: causal)), expected, absolute: 2e-5)
    // What the shape is made of can all be told from the outputs.
    let other = oracle.logits(of: tokens, causal: !causal).map(Float.init)
    #expect(zip(expected, other).contains { abs($0 - $1) > 1e-2 })
    var full = oracle
    full.rotaryFraction = 0.5
    let turned = full.logits(of: tokens, causal: causal).map(Float.init)
    #expect(zip(expected, turned).contains { abs($0 - $1) > 1e-2 })
  }

  @Test func `half precision is read as it is rounded`() throws {
    let half = path("half.safetensors")
    try oracle.write(to: half, .float16) { GPTNeoXOracle.bytes(of: Float16($0).bitPattern) }
    let brain = path("brain.safetensors")
    try oracle.write(to: brain, .brainFloat16) {
      GPTNeoXOracle.bytes(of: UInt16(Float($0).bitPattern >> 16))
    }
    for (file, rounded) in [
      (half, { Double(Float16($0)) }),
      (brain, { Double(Float(bitPattern: Float($0).bitPattern & 0xFFFF_0000)) }),
    ] as [(String, (Double) -> Double)] {
      var coarse = oracle
      coarse.tensors = coarse.tensors.mapValues { ($0.shape, $0.values.map(rounded)) }
      let expected = coarse.logits(of: tokens).map(Float.init)
      expectClose(logits(try network(file)), expected, absolute: 2e-5)
    }
  }

  @Test func `files that an index joins are one model`() throws {
    let whole = path("whole.safetensors")
    try oracle.write(to: whole)
    let names = oracle.tensors.keys.sorted()
    let first = Set(names.prefix(9))
    try oracle.write(to: path("model-00001-of-00002.safetensors"), only: first)
    try oracle.write(
      to: path("model-00002-of-00002.safetensors"),
      only: Set(names).subtracting(first)
    )
    func writeIndex(_ change: (inout [String: String]) -> Void = { _ in }) throws {
      var map: [String: String] = [:]
      for name in names {
        map[name] = "model-0000\(first.contains(name) ? 1 : 2)-of-00002.safetensors"
      }
      change(&map)
      let json = try JSON.encode(["weight_map": map])
      try AtomicFile.write(json, to: path("model.safetensors.index.json"))
    }
    try writeIndex()
    let expected = logits(try network(whole))
    #expect(try logits(network(folder.path)) == expected)
    #expect(try logits(network(path("model.safetensors.index.json"))) == expected)
    try writeIndex { $0["embed_out.weight"] = "../model.safetensors" }
    #expect(
      sentence { _ = try WeightFiles(folder.path) }
        == "\(folder.path)/model.safetensors.index.json: '../model.safetensors' is not a "
        + "safetensors file beside it"
    )
    let last = try #require(names.last)
    try writeIndex { $0[last] = "model-00001-of-00002.safetensors" }
    #expect(
      sentence { _ = try WeightFiles(folder.path) }?.hasSuffix("has no tensor '\(last)'")
        == true
    )
  }

  private func sentence(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)" }
  }

  @Test func `buffers are left, other frequencies refused`() throws {
    let model = path("model.safetensors")
    let name = "gpt_neox.layers.1.attention."
    func write(_ frequencies: [Float]) throws {
      try oracle.write(
        to: model,
        extra: [
          TensorData(
            name: name + "bias",
            shape: [1, 1, 2, 2],
            elements: [UInt8](repeating: 1, count: 4)
          ),
          TensorData(name: name + "masked_bias", shape: [], elements: [Float(-1e9)]),
          TensorData(
            name: name + "rotary_emb.inv_freq",
            shape: [frequencies.count],
            elements: frequencies
          ),
        ]
      )
    }
    try write([1, 0.01])
    let expected = oracle.logits(of: tokens).map(Float.init)
    expectClose(logits(try network(model)), expected, absolute: 2e-5)
    try write([1, 0.1, 0.01, 0.001])
    #expect(
      sentence { _ = try network(model) }
        == "\(model): 'gpt_neox.layers.1.attention.rotary_emb.inv_freq' has 4 other frequencies, this "
        + "network turns 4 channels of a head from base 10000"
    )
  }

  @Test func `missing, extra and mis-shaped tensors are named`() throws {
    let model = path("model.safetensors")
    let lost = "gpt_neox.layers.1.mlp.dense_4h_to_h.bias"
    try oracle.write(to: model, only: Set(oracle.tensors.keys).subtracting([lost]))
    #expect(
      sentence { _ = try network(model) }
        == "\(model): there is no tensor 'gpt_neox.layers.1.mlp.dense_4h_to_h.bias', which "
        + "'blocks.3.layer.down.bias' comes from"
    )
    try oracle.write(to: model)
    #expect(
      sentence { _ = try network(model) { $0.depth = 1 } }?
        .contains("it has the tensor 'gpt_neox.layers.1.attention.dense.bias', which") == true
    )
    #expect(
      sentence { _ = try network(model) { $0.layers[1] = .feedForward(expand: 2) } }
        == "\(model): 'gpt_neox.layers.0.mlp.dense_h_to_4h.weight' has shape [128, 32], expected "
        + "[64, 32] for 'blocks.1.layer.up.weight'"
    )
    #expect(
      sentence { _ = try network(model) { $0.residual = nil } }?.contains("parallel") == true
    )
    #expect(
      sentence { _ = try network(model) { $0.rotary = nil } }?.contains("in halves") == true
    )
    #expect(
      sentence { _ = try network(model) { $0.encoder = .embedding(vocabulary: 5) } }?
        .contains("'gpt_neox.embed_in.weight' has shape [13, 32], expected [5, 32]") == true
    )
    let index = TensorData(name: "embed_in.ids", shape: [1], elements: [UInt16(0)])
    try oracle.write(to: model, extra: [index])
    #expect(sentence { _ = try network(model) }?.contains("'embed_in.ids'") == true)
  }

  @Test func `training takes the layers and draws input and output anew`() throws {
    let harness = try TrainingHarness(.pixels)
    let model = path("model.safetensors")
    try oracle.write(to: model, .float16) { GPTNeoXOracle.bytes(of: Float16($0).bitPattern) }
    var shape = oracle.configuration(causal: false)
    shape.pooling = .mean
    let configuration = try harness.configuration(network: shape) { $0.from = model }
    let run = try harness.start(configuration, "run")
    let report = try #require(run.transfer)
    #expect(report.initialised == ["enc.weight", "enc.bias", "dec.lin.weight", "dec.lin.bias"])
    #expect(report.dropped == ["gpt_neox.embed_in.weight", "embed_out.weight"])
    #expect(report.loaded.count == run.network.layout.names.count - 4)
    let bias = try #require(oracle.tensors["gpt_neox.layers.0.mlp.dense_h_to_4h.bias"])
    #expect(
      run.network.parameters["blocks.1.layer.up.bias"] == bias.values.map { Float(Float16($0)) }
    )
    #expect(try run.run() == .finished)
    let sequential = try harness.configuration { $0.from = model }
    #expect(throws: CheckpointError.self) { try harness.start(sequential, "other") }
    #expect(!RunFolder(harness.path("other")).holdsRun)
  }
}
