import DataKit
import RealModule
import TestSupport
import Testing

@testable import Trainer

@Suite struct AttentionTests {
  let pool = WorkerPool(threads: 2)

  /// Both passes over q, k, v side by side.
  private func run(
    _ inputs: [Float],
    _ shape: AttentionShape,
    outputGradient: [Float]? = nil
  ) -> (output: [Float], gradients: [Float]) {
    let rows = inputs.count / (3 * shape.width)
    let x = Values(inputs, rows: rows, columns: 3 * shape.width)
    let y = Values(rows: rows, columns: shape.width)
    let logSums = Values(rows: rows, columns: shape.heads)
    let scratch = (0..<pool.threads).map { _ in Values(rows: 1, columns: shape.scratchCount) }
    attentionForward(
      x.matrix,
      shape,
      into: y.matrix,
      logSums: logSums.base,
      scratch: { scratch[$0].base },
      pool
    )
    guard let outputGradient else { return (y.array, []) }
    let dx = Values(rows: rows, columns: 3 * shape.width)
    attentionBackward(
      Values(outputGradient, rows: rows, columns: shape.width).matrix,
      inputs: x.matrix,
      output: y.matrix,
      logSums: logSums.base,
      shape,
      into: dx.matrix,
      scratch: { scratch[$0].base },
      pool
    )
    return (y.array, dx.array)
  }

  @Test(arguments: [false, true])
  func `both passes agree with central differences`(isCausal: Bool) {
    let shape = AttentionShape(length: 5, heads: 2, headWidth: 3, isCausal: isCausal)
    KernelPair(
      inputs: ["x": drawn(2 * 5 * 18, seed: 21)],
      forward: { run($0["x"] ?? [], shape).output },
      backward: { ["x": run($0["x"] ?? [], shape, outputGradient: $1).gradients] }
    ).check()
  }

  /// The textbook formula in Double, whole rows at once, for one head of one sequence.
  private func plain(_ inputs: [Float], length: Int, width: Int, isCausal: Bool) -> [Float] {
    func value(_ part: Int, _ row: Int, _ column: Int) -> Double {
      Double(inputs[row * 3 * width + part * width + column])
    }
    var output: [Float] = []
    for query in 0..<length {
      let last = isCausal ? query : length - 1
      let scores = (0...last).map { key in
        (0..<width).reduce(0) { $0 + value(0, query, $1) * value(1, key, $1) }
          / Double(width).squareRoot()
      }
      let largest = scores.reduce(-Double.infinity, max)
      let powers = scores.map { Double.exp($0 - largest) }
      let total = powers.reduce(0, +)
      for column in 0..<width {
        let sum = powers.indices.reduce(0) { $0 + powers[$1] * value(2, $1, column) }
        output.append(Float(sum / total))
      }
    }
    return output
  }

  @Test(
    arguments: [1, 63, 64, 65, 300, 513],
    [false, true]
  )
  func `any length gives what whole rows give`(length: Int, isCausal: Bool) {
    let shape = AttentionShape(length: length, heads: 1, headWidth: 6, isCausal: isCausal)
    // Large scores, so that the running maximum moves from block to block.
    let inputs = drawn(length * 18, seed: 22, scale: 2.5)
    expectClose(
      run(inputs, shape).output,
      plain(inputs, length: length, width: 6, isCausal: isCausal),
      relative: 1e-5,
      absolute: 2e-5
    )
  }

  @Test(arguments: [false, true])
  func `blocks and differences agree at a length of several blocks`(isCausal: Bool) {
    // Differences along three directions; one value at a time would take too long.
    let shape = AttentionShape(length: 290, heads: 2, headWidth: 4, isCausal: isCausal)
    let inputs = drawn(290 * 24, seed: 23)
    let gradient = drawn(290 * 8, seed: 24)
    let gradients = run(inputs, shape, outputGradient: gradient).gradients
    for seed in UInt32(30)..<33 {
      let direction = drawn(inputs.count, seed: seed)
      func loss(_ step: Float) -> Double {
        let moved = zip(inputs, direction).map { $0 + step * $1 }
        return zip(run(moved, shape).output, gradient).reduce(0) {
          $0 + Double($1.0) * Double($1.1)
        }
      }
      let slope = zip(gradients, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let difference = (loss(2e-3) - loss(-2e-3)) / 4e-3
      #expect(abs(slope - difference) < 3e-3 * max(1, abs(slope)))
    }
  }
}
