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
    let packed = Values.zeros(linearPackedCount(inputs: inputs, outputs: outputs))
    linearForward(
      x.matrix,
      weight: weight.matrix,
      bias: nil,
      into: bare.matrix,
      packed: packed.base,
      pool
    )
    linearForward(
      x.matrix,
      weight: weight.matrix,
      bias: nil,
      adding: residual.matrix,
      into: sum.matrix,
      packed: packed.base,
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
        packed: packed.base,
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

/// Products with a packed factor against sums in Double.
@Suite struct PackedFactorTests {
  let pool = WorkerPool(threads: 2)

  /// Extents around the blocks of rows (8 and 128), columns (32) and the inner dimension (512).
  @Test(arguments: [
    (1, 1, 1), (7, 33, 5), (8, 32, 16), (13, 70, 515), (130, 31, 40), (137, 65, 1030),
  ])
  func `a product agrees with its definition`(rows: Int, columns: Int, inner: Int) {
    let left = Values(drawn(rows * inner, seed: 1), rows: rows, columns: inner)
    let right = Values(drawn(inner * columns, seed: 2), rows: inner, columns: columns)
    let turned = Values(rows: columns, columns: inner)
    transpose(right.matrix, into: turned.matrix)
    let (a, b) = (left.array, right.array)
    var expected: [Float] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let sum = (0..<inner).reduce(0.0) {
          $0 + Double(a[row * inner + $1]) * Double(b[$1 * columns + column])
        }
        expected.append(Float(sum))
      }
    }
    let room = Values.zeros(PackedFactor.countEitherWay(rows: inner, columns: columns))
    let tolerance = 1e-5 * Double(inner).squareRoot()
    for (matrix, transposed) in [(right.matrix, false), (turned.matrix, true)] {
      let factor = PackedFactor(matrix, transposed: transposed, at: room.base, pool)
      let output = Values(rows: rows, columns: columns)
      multiply(left.matrix, factor, into: output.matrix)
      expectClose(output.array, expected, absolute: tolerance)
      multiply(left.matrix, factor, into: output.matrix, adds: true)
      expectClose(output.array, expected.map { 2 * $0 }, absolute: 2 * tolerance)
    }
  }

  @Test func `strided rows and some of the columns are read and written in their places`() {
    let (rows, inner, columns) = (9, 6, 80)
    let wide = Values(drawn(rows * 10, seed: 3), rows: rows, columns: 10)
    let right = Values(drawn(inner * columns, seed: 4), rows: inner, columns: columns)
    let room = Values.zeros(PackedFactor.count(rows: inner, columns: columns))
    let factor = PackedFactor(right.matrix, transposed: false, at: room.base, pool)
    let output = Values(rows: rows, columns: 20)
    multiply(
      wide.matrix[columns: 3..<3 + inner],
      factor[columns: 64..<75],
      into: output.matrix[columns: 5..<16]
    )
    for row in 0..<rows {
      for column in 0..<20 {
        let value = output.array[row * 20 + column]
        guard (5..<16).contains(column) else {
          #expect(value == 99, "column \(column) is nobody's")
          continue
        }
        let sum = (0..<inner).reduce(0.0) {
          $0 + Double(wide.array[row * 10 + 3 + $1])
            * Double(right.array[$1 * columns + 64 + column - 5])
        }
        #expect(abs(Double(value) - sum) < 1e-5)
      }
    }
  }
}
