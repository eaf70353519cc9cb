import DataKit
import TestSupport
import Testing

@testable import Trainer

@Suite struct NetworkGoldenTests {
  static let names = [
    "tf_batchnorm", "tf_causal_l1", "tf_causal_lm", "tf_image_cls", "tf_image_mlm_ce",
    "tf_image_mlm_l1", "tf_learned_pos", "tf_listops_cls", "tf_long_cls", "tf_postnorm",
    "tf_local_max", "tf_retrieval", "tf_rotary", "tf_text_mlm_nohead", "s4_causal_lm",
    "s4_image_postnorm", "s4_long_mlm",
    "s4_path_bn_last", "s4_random_init", "s4_tokens_lengths", "s4d_legs", "s4d_lin", "dss_exp",
    "dlr_complex", "dlr_real", "mega_laplace_chunk_bn", "mega_softmax_postnorm",
  ]

  @Test(arguments: names)
  func `activations and outputs are those of the file`(name: String) throws {
    let golden = try GoldenModel(name)
    let network = try golden.network(WorkerPool(threads: 2))
    let pass = network.trainingForward(try golden.batch, dropoutSeed: 0, step: 0)
    let structure = network.structure
    func values(_ slot: Slot) -> [Float] {
      Array(UnsafeBufferPointer(start: pass.workspace[slot], count: slot.count))
    }
    try golden.expect("act.enc", values(structure.encoded))
    for (index, block) in structure.blocks.enumerated() {
      try golden.expect("act.block\(index)", values(block.output))
    }
    try golden.expect("act.final", values(structure.final))
    try golden.expect("out.logits", network.currentLogits(pass))
  }

  @Test(arguments: names)
  func `every gradient is that of the file`(name: String) throws {
    let golden = try GoldenModel(name)
    let network = try golden.network(WorkerPool(threads: 2))
    let batch = try golden.batch
    let result = try network.trainingPass(batch, try golden.target, dropoutSeed: 0, step: 0)
    try golden.expect("loss", [Float(result.loss)] + (try golden.tensor("loss").dropFirst()))
    let largest = golden.noise.filter { $0.key.hasPrefix("g.") }.map(\.value[0]).max() ?? 0
    for name in network.layout.names {
      // Gradients that are zero in exact arithmetic are judged against the largest one.
      let own = golden.noise["g.\(name)"]?[0] ?? 0
      try golden.expect(
        "g.\(name)",
        network.gradients[name],
        magnitude: own < 1e-6 * largest ? largest : own
      )
    }
    let pass = network.prepare(batch, isTraining: true, dropout: nil)
    let gradient = pass.matrix(
      network.structure.gradient,
      columns: network.configuration.width
    )
    try golden.expect(
      "g.act.enc",
      Array(UnsafeBufferPointer(start: gradient.base, count: gradient.rows * gradient.columns))
    )
    guard let inputs = network.structure.encoder.inputs else { return }
    let buffer = FloatBuffer(count: gradient.rows * inputs)
    let inputGradient = Matrix(buffer.base, rows: gradient.rows, columns: inputs)
    network.structure.encoder.backward(gradient, input: batch.input, into: inputGradient, pass)
    try golden.expect("g.in.x", Array(buffer.values))
  }

  @Test(arguments: names)
  func `three steps of training end where the file does`(name: String) throws {
    let golden = try GoldenModel(name)
    let pool = WorkerPool(threads: 2)
    let network = try golden.network(pool)
    let (batch, target) = (try golden.batch, try golden.target)
    let settings = golden.description.optimizer
    let optimizer = AdamW(
      layout: network.layout,
      groups: golden.groups,
      betas: AdamW.Betas(settings.betas[0], settings.betas[1]),
      pool: pool
    )
    var (losses, norms): ([Float], [Float]) = ([], [])
    for step in 0..<3 {
      let result = try network.trainingPass(batch, target, dropoutSeed: 0, step: step)
      losses.append(Float(result.loss))
      if let maximum = settings.clipNorm {
        let norm = GradientClipping.clip(network.gradients, toNorm: maximum, pool: pool)
        norms.append(Float(norm))
      }
      optimizer.step(
        network.parameters,
        network.gradients,
        multiplier: settings.schedule.schedule.multiplier(at: step)
      )
      if step != 1 { try expectWeights(of: network, after: step + 1, golden) }
    }
    if !norms.isEmpty {
      expectClose(norms, try golden.tensor("grad_norm"), relative: 1e-5, absolute: 0)
    }
    try golden.expect("loss", losses)
    let evaluated = try network.evaluationPass(batch, target)
    try golden.expect("loss.eval3", [Float(evaluated.loss)])
    try golden.expect("out.eval3", network.logits(of: batch))
  }

  private func expectWeights(
    of network: Network,
    after step: Int,
    _ golden: GoldenModel
  ) throws {
    for name in network.layout.names {
      let expected = try golden.tensor("w\(step).\(name)")
      let stable: [UInt8] = try golden.file.elements(of: "stable.\(name)")
      let rate = try #require(golden.groups[name]).learningRate
      let actual = network.parameters[name]
      let kept = stable.indices.filter { stable[$0] == 1 }
      expectClose(
        kept.map { actual[$0] },
        kept.map { expected[$0] },
        relative: 1e-6,
        absolute: 0.03 * rate,
        "w\(step).\(name)"
      )
    }
    for name in network.buffers.layout.names where golden.has("buf\(step).\(name)") {
      try golden.expect("buf\(step).\(name)", network.buffers[name])
    }
  }
}
