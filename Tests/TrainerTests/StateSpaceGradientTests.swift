import ComplexModule
import RealModule
import TestSupport
import Testing

@testable import Trainer

/// What the goldens leave out, against finite differences.
@Suite struct StateSpaceGradientTests {
  private func check(_ bench: KernelCase, _ inputs: [String: [Float]], step: Float = 2e-3) {
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

  @Test(arguments: [
    StateSpace.DSSVersion.exp, .expLogarithmic, .expUnscaled, .expLogarithmicUnscaled, .softmax,
    .clip, .clipUnscaled,
  ])
  func `every version of DSS`(version: StateSpace.DSSVersion) {
    // Short, so that phases stay small enough for differences.
    let bench = KernelCase(width: 3, length: 8, kernels: 2, pool: WorkerPool(threads: 2)) {
      layout,
      _ in
      let family = DSS("k", width: 3, states: 4, kernels: 2, version, in: &layout)
      return PowerSumConvolution(family: family, width: 3)
    }
    var inputs = ["k.log_dt": drawn(3, seed: 1, scale: 0.3).map { $0 - 2 }]
    inputs["k.w"] = drawn(3 * 2 * 4 * 2, seed: 2)
    if version.eigenvalues == .free || version.eigenvalues == .clipped {
      // A positive real part is clipped; the next test has those of softmax.
      inputs["k.lam"] = [
        -0.5, 0.3, -0.4, 1.3, -0.2, 2.3, version.eigenvalues == .clipped ? 0.3 : -0.1, 3.3,
      ]
    } else {
      inputs["k.log_neg_re"] = drawn(4, seed: 3, scale: 0.3)
      inputs["k.im"] = drawn(4, seed: 4)
    }
    check(bench, inputs)
  }

  /// One head of DSS softmax by its definition, in Double; the part that is subtracted from growing
  /// exponents comes from eigenvalues of its own, because it is a constant for the gradient.
  private func softmax(
    _ lam: [Float],
    dt: Double = 0.25,
    constant: [Float],
    _ w: [Float],
    length: Int
  ) -> [Double] {
    func complex(_ values: [Float], _ n: Int) -> ComplexDouble {
      ComplexDouble(Double(values[2 * n]), Double(values[2 * n + 1]))
    }
    var kernel = [Double](repeating: 0, count: length)
    for n in 0..<lam.count / 2 {
      let (a, w) = (complex(lam, n), complex(w, n))
      let x = a.multiplied(by: dt)
      let inner = a.real > 0 ? -x : x
      let q = (ComplexDouble.exp(inner.multiplied(by: Double(length))) - 1) * a
      let scale =
        (ComplexDouble.exp(inner) - 1) * q.conjugate.multiplied(by: 1 / (q.lengthSquared + 1e-7))
      let back =
        a.real > 0
        ? complex(constant, n).multiplied(by: 0.25 * Double(length - 1)) : ComplexDouble(0)
      for l in 0..<length {
        kernel[l] += (w * scale * .exp(x.multiplied(by: Double(l)) - back)).real
      }
    }
    return kernel
  }

  @Test func `growing terms of DSS softmax`() {
    let length = 21
    let bench = KernelCase(width: 1, length: length, kernels: 1, pool: WorkerPool(threads: 2)) {
      layout,
      _ in
      let family = DSS("k", width: 1, states: 3, kernels: 1, .softmax, in: &layout)
      return PowerSumConvolution(family: family, width: 1)
    }
    let lam: [Float] = [0.4, 1, -0.5, 2, 0.1, 3]
    let w = drawn(6, seed: 2)
    bench.parameters["k.log_dt"] = [Float(Double.log(0.25))]
    bench.parameters["k.lam"] = lam
    bench.parameters["k.w"] = w
    let expected = softmax(lam, constant: lam, w, length: length)
    expectClose(bench.forward(), expected.map(Float.init), absolute: 2e-6, "K")
    let gradient = drawn(length, seed: 3)
    bench.backward(gradient)
    func slope(_ kernel: (_ step: Double) -> [Double]) -> Float {
      let (upper, lower) = (kernel(0x1p-12), kernel(-0x1p-12))
      let sum = (0..<length).reduce(0.0) {
        $0 + Double(gradient[$1]) * (upper[$1] - lower[$1])
      }
      return Float(sum / 0x1p-11)
    }
    let slopes = lam.indices.map { index in
      slope { step in
        var changed = lam
        changed[index] += Float(step)
        return softmax(changed, constant: lam, w, length: length)
      }
    }
    expectClose(bench.gradients["k.lam"], slopes, relative: 1e-3, absolute: 1e-3, "dlam")
    let step = slope { softmax(lam, dt: 0.25 * .exp($0), constant: lam, w, length: length) }
    expectClose(bench.gradients["k.log_dt"], [step], relative: 1e-4, absolute: 1e-4, "dlog_dt")
  }

  @Test(arguments: [StateSpace.DLRVersion.complex, .real, .imaginary])
  func `every version of DLR`(version: StateSpace.DLRVersion) {
    let bench = KernelCase(width: 3, length: 12, kernels: 1, pool: WorkerPool(threads: 2)) {
      layout,
      _ in
      DLR("k", width: 3, states: 4, kernels: 1, version, in: &layout)
    }
    var inputs = ["k.w": drawn(3 * 4 * (version == .real ? 1 : 2), seed: 2)]
    if version != .imaginary { inputs["k.sqrt_neg_re"] = [0.1, 0.3, 0.5, 0.2] }
    if version != .real { inputs["k.im"] = [0.1, 1.1, 2, 3] }
    check(bench, inputs, step: 2e-3)
  }

  @Test(arguments: [(1, 16, 16), (2, 16, 13), (3, 15, 15)])
  func `S4 of any rank, cut or not`(rank: Int, kernelLength: Int, length: Int) {
    let bench = KernelCase(
      width: 2,
      length: length,
      kernelLength: kernelLength,
      kernels: 2,
      pool: WorkerPool(threads: 2)
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
