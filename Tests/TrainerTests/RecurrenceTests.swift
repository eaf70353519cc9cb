import ComplexModule
import TestSupport
import Testing

@testable import Trainer

/// The other view of a diagonal state-space model: x_t = r x_(t-1) + u_t, y_t = Re sum_n w_n x_t.
@Suite struct RecurrenceTests {
  private let pool = WorkerPool(threads: 2)
  private let width = 3
  private let length = 50
  private let rows = 2

  /// Runs every channel step by step, forward and, for a second kernel, backward from the position
  /// after the current one.
  private func stepByStep(_ sum: (_ channel: Int) -> PowerSum, _ u: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: u.count)
    for channel in 0..<width {
      let sum = sum(channel)
      for row in 0..<rows {
        var y = [Double](repeating: 0, count: length)
        for kernel in sum.weights.indices {
          var states = [ComplexDouble](repeating: 0, count: sum.ratios.count)
          let positions = kernel == 0 ? Array(0..<length) : Array((0..<length).reversed())
          for position in positions {
            let input = Double(u[(row * length + position) * width + channel])
            func output() -> Double {
              zip(sum.weights[kernel], states).reduce(0) { $0 + ($1.0 * $1.1).real }
            }
            if kernel == 1 { y[position] += output() }
            for n in states.indices { states[n] = sum.ratios[n] * states[n] + ComplexDouble(input) }
            if kernel == 0 { y[position] += output() }
          }
        }
        for position in 0..<length {
          result[(row * length + position) * width + channel] = Float(y[position])
        }
      }
    }
    return result
  }

  private func check(
    _ make: @escaping (inout ParameterLayout) -> any PowerSumFamily,
    _ values: (String, Int) -> [Float]
  ) {
    var layout = ParameterLayout()
    let family = make(&layout)
    check(
      { PowerSumConvolution(family: make(&$0), width: width) },
      sum: { family.sum(of: $0, length: length, $1.base) },
      values
    )
  }

  private func check(
    _ make: (inout ParameterLayout) -> any ConvolutionKernel,
    sum: (_ channel: Int, _ parameters: ParameterStore) -> PowerSum,
    _ values: (String, Int) -> [Float]
  ) {
    let bench = KernelCase(width: width, length: length, kernels: 2, pool: pool) { layout, _ in
      make(&layout)
    }
    for entry in bench.parameters.layout.entries {
      bench.parameters[entry.name] = values(String(entry.name.dropFirst(2)), entry.range.count)
    }
    let u = drawn(rows * length * width, seed: 31)
    let shape = ConvolutionShape(
      length: length,
      kernelLength: length,
      width: width,
      sides: .bothApart
    )
    let kernel = turned(bench.forward(), count: 2, rows: width, columns: length)
    let convolved = ConvolutionCase(shape: shape, rows: rows).forward(u, kernel, skip: nil)
    let expected = stepByStep({ sum($0, bench.parameters) }, u)
    let magnitude = expected.reduce(0) { max($0, Double(abs($1))) }
    expectClose(convolved, expected, absolute: 2e-6 * magnitude)
  }

  private func values(_ name: String, _ count: Int) -> [Float] {
    switch name {
    case "log_dt": drawn(count, seed: 1, scale: 0.3).map { $0 - 2 }
    case "log_neg_re": drawn(count, seed: 2, scale: 0.3).map { $0 - 0.5 }
    case "sqrt_neg_re": drawn(count, seed: 2, scale: 0.1).map { $0 + 0.3 }
    case "im": drawn(count, seed: 3)
    default: drawn(count, seed: 4)
    }
  }

  @Test(arguments: [StateSpace.Discretization.bilinear, .zeroOrderHold])
  func `S4D convolves as it recurs`(rule: StateSpace.Discretization) {
    check(
      { [width] in
        S4D("k", width: width, states: 8, copies: 2, kernels: 2, rule, in: &$0)
      },
      values
    )
  }

  @Test(arguments: [StateSpace.DSSVersion.exp, .expUnscaled])
  func `DSS convolves as it recurs`(version: StateSpace.DSSVersion) {
    check(
      { [width] in
        DSS("k", width: width, states: 8, kernels: 2, version, in: &$0)
      },
      values
    )
  }

  /// The kernels of a channel of DLR by their definition.
  private func dlr(
    _ channel: Int,
    width: Int,
    _ parameters: ParameterStore
  ) -> PowerSum {
    let names = parameters.layout.names
    let entry = parameters.layout["k.w"]?.shape ?? []
    let (kernels, states) = (entry[0], entry[2])
    let parts = entry.count == 4 ? 2 : 1
    func values(_ name: String) -> [Double] {
      names.contains(name) ? parameters[name].map(Double.init) : Array(repeating: 0, count: states)
    }
    let w = values("k.w")
    return PowerSum(
      ratios: zip(values("k.sqrt_neg_re"), values("k.im")).map {
        ComplexDouble.exp(.init(-$0 * $0, $1))
      },
      weights: (0..<kernels).map { kernel in
        (0..<states).map { state in
          let place = ((kernel * width + channel) * states + state) * parts
          return ComplexDouble(w[place], parts == 2 ? w[place + 1] : 0)
        }
      }
    )
  }

  @Test(arguments: [StateSpace.DLRVersion.complex, .real])
  func `DLR convolves as it recurs`(version: StateSpace.DLRVersion) {
    check(
      { DLR("k", width: width, states: 8, kernels: 2, version, in: &$0) },
      sum: { dlr($0, width: width, $1) },
      values
    )
  }

  @Test(arguments: [StateSpace.DLRVersion.complex, .real, .imaginary])
  func `channels of DLR together are the sums of powers of each`(
    version: StateSpace.DLRVersion
  ) {
    // More than two tiles of positions and one of states.
    let (width, length, states) = (3, 600, 70)
    let bench = KernelCase(width: width, length: length, kernels: 2, pool: pool) { layout, _ in
      DLR("k", width: width, states: states, kernels: 2, version, in: &layout)
    }
    for entry in bench.parameters.layout.entries {
      bench.parameters[entry.name] = values(String(entry.name.dropFirst(2)), entry.range.count)
        .map { entry.name == "k.sqrt_neg_re" ? $0 / 5 : $0 }
    }
    let gradient = drawn(2 * width * length, seed: 5)
    let found = bench.forward()
    bench.backward(gradient)
    let kernel = PowerSumKernel(length: length, states: states, kernels: 2)
    let scratch = FloatBuffer(count: kernel.scratchCount)
    var expected = [Float](repeating: 0, count: found.count)
    var weights = [Float](repeating: 0, count: 2 * width * states * 2)
    var logs = [ComplexDouble](repeating: 0, count: states)
    for channel in 0..<width {
      let sum = dlr(channel, width: width, bench.parameters)
      kernel.forward(sum, scratch: scratch.base) { side, values in
        for l in 0..<length { expected[(side * width + channel) * length + l] = values[l] }
      }
      let result = kernel.backward(sum, scratch: scratch.base) { side, values in
        for l in 0..<length { values[l] = gradient[(side * width + channel) * length + l] }
      }
      for side in 0..<2 {
        for state in 0..<states {
          let place = 2 * ((side * width + channel) * states + state)
          weights[place] = Float(result.weights[side][state].real)
          weights[place + 1] = Float(result.weights[side][state].imaginary)
        }
      }
      for state in 0..<states { logs[state] += result.logRatios[state] }
    }
    func compare(_ found: [Float], _ expected: [Float], _ name: String) {
      let magnitude = expected.reduce(0) { max($0, Double(abs($1))) }
      expectClose(found, expected, absolute: 4e-6 * magnitude, name)
    }
    compare(found, expected, "K")
    if version == .real { weights = stride(from: 0, to: weights.count, by: 2).map { weights[$0] } }
    compare(bench.gradients["k.w"], weights, "dw")
    if version != .real {
      compare(bench.gradients["k.im"], logs.map { Float($0.imaginary) }, "dim")
    }
    if version != .imaginary {
      let roots = bench.parameters["k.sqrt_neg_re"]
      compare(
        bench.gradients["k.sqrt_neg_re"],
        zip(roots, logs).map { -2 * $0 * Float($1.real) },
        "dsqrt_neg_re"
      )
    }
  }
}
