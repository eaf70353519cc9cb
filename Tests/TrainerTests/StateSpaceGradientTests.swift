import TestSupport
import Testing

@testable import Trainer

/// What the goldens leave out, against finite differences.
@Suite struct StateSpaceGradientTests {
  private func check(_ bench: KernelBench, _ inputs: [String: [Float]], step: Float = 1e-2) {
    func load(_ inputs: [String: [Float]]) {
      for (name, values) in inputs { bench.parameters[name] = values }
    }
    KernelPair(inputs: inputs) { inputs in
      load(inputs)
      return bench.forward()
    } backward: { inputs, gradient in
      load(inputs)
      bench.backward(gradient)
      return inputs.mapValues { _ in [] }.merging(
        inputs.keys.map { ($0, bench.gradients[$0]) }
      ) { $1 }
    }.check(step: step)
  }

  private func eigenvalues(positive: Bool) -> [Float] {
    let reals: [Float] = positive ? [-0.5, 0.3, -0.2, 0.1] : [-0.5, -0.4, -0.2, 0.3]
    return reals.enumerated().flatMap { [$1, 2 * Float($0) + 0.3] }
  }

  @Test(arguments: [
    StateSpace.DSSVersion.exp, .expLogarithmic, .expUnscaled, .softmax, .clip,
  ])
  func `every version of DSS`(version: StateSpace.DSSVersion) {
    let bench = KernelBench(width: 3, length: 21, kernels: 2) { layout, _ in
      let family = DSS("k", width: 3, states: 4, kernels: 2, version, in: &layout)
      return PowerSumConvolution(family: family, width: 3)
    }
    var inputs = ["k.log_dt": drawn(3, seed: 1, scale: 0.3).map { $0 - 2 }]
    inputs["k.w"] = drawn(3 * 2 * 4 * 2, seed: 2)
    if version.hasFreeEigenvalues {
      inputs["k.lam"] = eigenvalues(positive: version == .softmax)
    } else {
      inputs["k.log_neg_re"] = drawn(4, seed: 3, scale: 0.3)
      inputs["k.im"] = drawn(4, seed: 4)
    }
    check(bench, inputs)
  }

  @Test(arguments: [StateSpace.DLRVersion.complex, .real, .imaginary])
  func `every version of DLR`(version: StateSpace.DLRVersion) {
    let bench = KernelBench(width: 3, length: 12, kernels: 1) { layout, _ in
      let family = DLR("k", width: 3, states: 4, kernels: 1, version, in: &layout)
      return PowerSumConvolution(family: family, width: 3)
    }
    var inputs = ["k.w": drawn(3 * 4 * (version == .real ? 1 : 2), seed: 2)]
    if version != .imaginary { inputs["k.sqrt_neg_re"] = [0.1, 0.3, 0.5, 0.2] }
    if version != .real { inputs["k.im"] = [0.1, 1.1, 2, 3] }
    check(bench, inputs, step: 3e-3)
  }

  @Test(arguments: [(1, 16, 16), (2, 16, 13), (3, 15, 15)])
  func `S4 of any rank, cut or not`(rank: Int, kernelLength: Int, length: Int) {
    let bench = KernelBench(
      width: 2,
      length: length,
      kernelLength: kernelLength,
      kernels: 2
    ) { layout, buffers in
      S4(
        "k",
        width: 2,
        states: 3,
        copies: 1,
        rank: rank,
        maximumLength: nil,
        kernels: 2,
        in: &layout,
        buffers: &buffers
      )
    }
    bench.buffers["k.len"] = [Float(kernelLength)]
    check(
      bench,
      [
        "k.log_dt": [-1.5, -2], "k.log_neg_re": [-0.5, 0, 0.2], "k.im": [1, 3, -4],
        "k.p": drawn(rank * 3 * 2, seed: 1, scale: 0.5), "k.b": drawn(6, seed: 2),
        "k.c": drawn(24, seed: 3),
      ]
    )
  }

  @Test func `a longer kernel begins like the shorter one and follows the recurrence`() {
    let (width, states) = (3, 4)
    let network = Network(
      NetworkConfiguration(
        encoder: .linear(inputs: 1),
        positions: .none,
        width: width,
        layers: [
          .stateSpace(
            model: StateSpace(.s4(states: 2 * states, copies: 3, rank: 1, maximumLength: nil))
          )
        ],
        depth: 1,
        outputs: 2
      ),
      pool: WorkerPool(threads: 2)
    )
    network.initialize(seed: 5)
    func logits(_ length: Int) -> [Float] {
      let values = Batch.Input.values(drawn(2 * length, seed: 9))
      return network.logits(of: Batch(rows: 2, length: length, input: values))
    }
    let short = logits(20)
    #expect(network.buffers["blocks.0.layer.len"] == [20])
    _ = logits(50)
    #expect(network.buffers["blocks.0.layer.len"] == [80])
    expectClose(logits(20), short, absolute: 1e-5, "after doubling twice")
  }
}
