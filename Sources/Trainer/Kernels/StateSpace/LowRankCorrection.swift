/// Woodbury's correction at four nodes at once: K_c = X_0c - X_0P (I + X_PP)^-1 X_Pc.
///
/// X is [1 + rank, kernels + rank], its rows B and P, its columns C and P*.
struct LowRankCorrection {
  private let rank: Int
  private let kernels: Int
  /// X, row after row.
  var products: [ComplexNodes]
  /// The gradient of X.
  private(set) var gradients: [ComplexNodes]
  /// (I + X_PP)^-1 X_Pc, [rank, kernels].
  private var solution: [ComplexNodes]
  /// X_0P (I + X_PP)^-1, [rank].
  private var row: [ComplexNodes]
  /// (I + X_PP)^-1, [rank, rank].
  private var inverse: [ComplexNodes]

  init(rank: Int, kernels: Int) {
    self.rank = rank
    self.kernels = kernels
    products = Array(repeating: .zero, count: (1 + rank) * (kernels + rank))
    gradients = products
    solution = Array(repeating: .zero, count: rank * kernels)
    row = Array(repeating: .zero, count: rank)
    inverse = Array(repeating: .zero, count: rank * rank)
  }

  private var columns: Int { kernels + rank }

  /// Prepares ``value(_:)`` for the current `products`.
  mutating func solve() {
    invert()
    for s in 0..<rank {
      var sum = ComplexNodes.zero
      for r in 0..<rank { sum += products[kernels + r] * inverse[r * rank + s] }
      row[s] = sum
      for kernel in 0..<kernels {
        var sum = ComplexNodes.zero
        for r in 0..<rank {
          sum += inverse[s * rank + r] * products[(1 + r) * columns + kernel]
        }
        solution[s * kernels + kernel] = sum
      }
    }
  }

  /// K_c.
  func value(_ kernel: Int) -> ComplexNodes {
    var value = products[kernel]
    for s in 0..<rank { value -= products[kernels + s] * solution[s * kernels + kernel] }
    return value
  }

  /// Computes `gradients` from those of the values: with Y = (I + X_PP)^-1 X_Pc and Z = X_0P (I + X_PP)^-1,
  /// dX_0c = g_c, dX_0P = -g_c conj(Y_c), dX_Pc = -conj(Z) g_c, dX_PP = conj(Z) g_c conj(Y_c), summed over c.
  mutating func differentiate(_ gradient: (_ kernel: Int) -> ComplexNodes) {
    for index in gradients.indices { gradients[index] = .zero }
    for kernel in 0..<kernels {
      let g = gradient(kernel)
      gradients[kernel] = g
      for s in 0..<rank {
        let back = g * solution[s * kernels + kernel].conjugate
        gradients[kernels + s] -= back
        for r in 0..<rank {
          gradients[(1 + r) * columns + kernels + s] += row[r].conjugate * back
        }
      }
      for r in 0..<rank {
        gradients[(1 + r) * columns + kernel] = -(row[r].conjugate * g)
      }
    }
  }

  /// Inverts I + X_PP by Gauss and Jordan's elimination; the real part of I + X_PP is positive
  /// definite for stable models, so that no pivots are needed.
  private mutating func invert() {
    for r in 0..<rank {
      for s in 0..<rank {
        inverse[r * rank + s] =
          products[(1 + r) * columns + kernels + s] + ComplexNodes(r == s ? 1 : 0)
      }
    }
    for step in 0..<rank {
      let reciprocal = inverse[step * rank + step].reciprocal
      inverse[step * rank + step] = ComplexNodes(1)
      for s in 0..<rank { inverse[step * rank + s] *= reciprocal }
      for r in 0..<rank where r != step {
        let factor = inverse[r * rank + step]
        inverse[r * rank + step] = .zero
        for s in 0..<rank { inverse[r * rank + s] -= factor * inverse[step * rank + s] }
      }
    }
  }
}
