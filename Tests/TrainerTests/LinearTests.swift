import TestSupport
import Testing

@testable import Trainer

@Suite struct LinearTests {
  let pool = WorkerPool(threads: 2)

  @Test func `a linear map adds a residual, and its backward pass adds when told`() {
    let (rows, inputs, outputs) = (5, 3, 2)
    let x = Values(drawn(15, seed: 12), rows: rows, columns: inputs)
    let weight = Values(drawn(6, seed: 13), rows: outputs, columns: inputs)
    let residual = Values(drawn(10, seed: 14), rows: rows, columns: outputs)
    let (bare, sum) = (Values(rows: rows, columns: outputs), Values(rows: rows, columns: outputs))
    linearForward(x.matrix, weight: weight.matrix, bias: nil, into: bare.matrix, pool)
    linearForward(
      x.matrix,
      weight: weight.matrix,
      bias: nil,
      adding: residual.matrix,
      into: sum.matrix,
      pool
    )
    let expected = zip(bare.array, residual.array).map { $0 + $1 }
    expectClose(sum.array, expected, absolute: 1e-6)

    let (fresh, added) = (Values(rows: rows, columns: inputs), Values(rows: rows, columns: inputs))
    let (gradients, partials) = (Values.zeros(8), Values.zeros(8))
    for (target, adds) in [(fresh, false), (added, true)] {
      linearBackward(
        residual.matrix,
        input: x.matrix,
        weight: weight.matrix,
        into: target.matrix,
        adds: adds,
        gradients: gradients.base,
        partials: partials.base,
        pool
      )
    }
    // `added` started at 99.
    expectClose(added.array, fresh.array.map { $0 + 99 }, absolute: 2e-5)
    expectClose(
      [gradients.array[6]],
      [2 * (0..<rows).reduce(0) { $0 + residual.array[$1 * outputs] }],
      absolute: 1e-5,
      "a bias gradient of two passes"
    )
  }
}
