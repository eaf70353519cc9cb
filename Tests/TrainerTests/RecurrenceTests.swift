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
  private func stepByStep(
    _ family: any PowerSumFamily,
    _ bench: KernelCase,
    _ u: [Float]
  ) -> [Float] {
    var result = [Float](repeating: 0, count: u.count)
    for channel in 0..<width {
      let sum = family.sum(of: channel, length: length, bench.parameters.base)
      for row in 0..<rows {
        var y = [Double](repeating: 0, count: length)
        for kernel in 0..<family.kernels {
          var states = [ComplexDouble](repeating: 0, count: family.states)
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
    let bench = KernelCase(width: width, length: length, kernels: 2, pool: pool) { layout, _ in
      PowerSumConvolution(family: make(&layout), width: width)
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
    let expected = stepByStep(family, bench, u)
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

  @Test(arguments: [StateSpace.DLRVersion.complex, .real])
  func `DLR convolves as it recurs`(version: StateSpace.DLRVersion) {
    check(
      { [width] in
        DLR("k", width: width, states: 8, kernels: 2, version, in: &$0)
      },
      values
    )
  }
}
