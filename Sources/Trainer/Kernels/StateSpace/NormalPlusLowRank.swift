internal import ComplexModule

/// One head of S4: x' = A x + B u, y = C x, with A normal plus low rank in its eigenbasis.
///
/// A = diag(w) - sum over r of p_r p_r^H. One state of each conjugate pair is stored; the other
/// contributes the conjugate (Gu, Goel and Re, "Efficiently modeling long sequences with
/// structured state spaces", 2022).
struct NormalPlusLowRank {
  /// The step size.
  var dt: Double
  /// w, [states].
  var w: [ComplexDouble]
  /// p, [rank][states].
  var p: [[ComplexDouble]]
  /// B, [states].
  var b: [ComplexDouble]

  var states: Int { w.count }

  /// The discrete model of the bilinear rule, x_(l+1) = A' x_l + B' u_l, on (Re x, Im x):
  /// A' = (I - dt/2 A)^-1 (I + dt/2 A), B' = (I - dt/2 A)^-1 dt B.
  var discrete: (transition: SquareMatrix, input: [Double]) {
    let n = states
    var (minus, plus) = (SquareMatrix.identity(size: 2 * n), SquareMatrix.identity(size: 2 * n))
    func add(_ row: Int, _ column: Int, _ value: Double) {
      plus[row, column] += dt / 2 * value
      minus[row, column] -= dt / 2 * value
    }
    for k in 0..<n {
      add(k, k, w[k].real)
      add(k, n + k, -w[k].imaginary)
      add(n + k, k, w[k].imaginary)
      add(n + k, n + k, w[k].real)
    }
    for p in p {
      // p^H x and its conjugate add up to twice the real part.
      let parts = p.map(\.real) + p.map(\.imaginary)
      for row in 0..<2 * n {
        for column in 0..<2 * n { add(row, column, -2 * parts[row] * parts[column]) }
      }
    }
    let input = b.map { dt * $0.real } + b.map { dt * $0.imaginary }
    var transition = SquareMatrix(size: 2 * n)
    transition.values = minus.solve(plus.values, columns: 2 * n)
    return (transition, minus.solve(input, columns: 1))
  }

  /// C' = C (I + sign A'^length): with sign -1 what the generating function of the first `length`
  /// values needs in place of C, with +1 what twice the length needs in place of C'.
  ///
  /// - Parameters:
  ///   - c: C or C', [kernels][states].
  ///   - length: the length.
  ///   - sign: -1 or 1.
  /// - Returns: C', [kernels][states].
  func truncated(_ c: [[ComplexDouble]], length: Int, sign: Double) -> [[ComplexDouble]] {
    let power = discrete.transition.power(length)
    return c.map { c in
      // C x = 2 Re sum c x is the row (Re c, -Im c) on (Re x, Im x), up to the 2.
      let row = (c.map(\.real) + c.map { -$0.imaginary }) * power
      return c.indices.map { k in
        c[k] + ComplexDouble(row[k], -row[states + k]).multiplied(by: sign)
      }
    }
  }

  /// The kernel K_l = C A'^l B' step by step: the recurrent view, for C itself, not C'.
  func recurrence(_ c: [ComplexDouble], length: Int) -> [Double] {
    let (transition, input) = discrete
    var state = input
    return (0..<length).map { _ in
      defer { state = transition * state }
      return (0..<states).reduce(0) { sum, k in
        sum + 2 * (c[k].real * state[k] - c[k].imaginary * state[states + k])
      }
    }
  }
}
