import DataKit
import TestSupport
import Testing

@testable import Trainer

/// Values that a kernel reads or writes, outside any array.
///
/// They live as long as the test process, because a matrix does not keep them alive.
final class Values {
  let buffer: FloatBuffer
  let columns: Int

  /// [rows, columns] of the given values, or of a filler that a kernel has to overwrite.
  init(_ values: [Float]? = nil, rows: Int, columns: Int) {
    buffer = FloatBuffer(count: rows * columns)
    self.columns = columns
    for index in 0..<buffer.count { buffer.base[index] = values?[index] ?? 99 }
    _ = Unmanaged.passRetained(buffer)
  }

  /// `count` zeros, for results that are added to.
  static func zeros(_ count: Int) -> Values {
    Values(Array(repeating: 0, count: count), rows: 1, columns: count)
  }

  var matrix: Matrix {
    Matrix(buffer.base, rows: buffer.count / columns, columns: columns)
  }
  var base: UnsafeMutablePointer<Float> { buffer.base }
  var array: [Float] { Array(buffer.values) }
}

/// Repeatable numbers, about normal times `scale`.
func drawn(_ count: Int, seed: UInt32, scale: Float = 1) -> [Float] {
  var stream = PhiloxStream(Philox(key: SIMD2(seed, 77)), 1)
  return (0..<count).map { _ in
    scale * ((0..<6).reduce(Float(-3)) { sum, _ in sum + stream.nextUnit() }) * 1.4
  }
}

/// A kernel pair to be checked: inputs by name, and the two passes.
struct KernelPair {
  var inputs: [String: [Float]]
  /// The outputs for some inputs.
  var forward: ([String: [Float]]) -> [Float]
  /// The gradient of every input for the gradient of the outputs.
  var backward: ([String: [Float]], [Float]) -> [String: [Float]]

  /// Compares the backward pass with central differences of sum(y dy), summed in Double.
  func check(
    step: Float = 1e-2,
    tolerance: Double = 2e-3,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = forward(inputs).count
    let gradient = drawn(count, seed: 99)
    let computed = backward(inputs, gradient)
    for (name, values) in inputs {
      let differences = values.indices.map { index -> Float in
        var changed = inputs
        let (above, below) = (values[index] + step, values[index] - step)
        changed[name]?[index] = above
        let upper = forward(changed)
        changed[name]?[index] = below
        let lower = forward(changed)
        var sum = 0.0
        for output in 0..<count {
          sum += Double(gradient[output]) * (Double(upper[output]) - Double(lower[output]))
        }
        return Float(sum / (Double(above) - Double(below)))
      }
      let magnitude = differences.reduce(0.1) { max($0, Double(abs($1))) }
      expectClose(
        computed[name] ?? [],
        differences,
        absolute: tolerance * magnitude,
        "d\(name)",
        sourceLocation: sourceLocation
      )
    }
  }
}
