internal import ComplexModule
internal import RealModule
internal import Synchronization

/// Where state-space models start: matrices that remember the past as polynomial coefficients.
enum HiPPO {
  /// HiPPO-LegS: A_nk = -sqrt((2n + 1)(2k + 1)) below the diagonal, -(n + 1) on it; B_n = sqrt(2n + 1);
  /// P_n = sqrt(n + 1/2) (Gu, Goel and Re 2022, appendix C.1).
  static func legSMatrix(size: Int) -> (a: [[Double]], b: [Double], p: [Double]) {
    let b = (0..<size).map { (2 * Double($0) + 1).squareRoot() }
    var a = [[Double]](repeating: [Double](repeating: 0, count: size), count: size)
    for n in 0..<size {
      for k in 0..<n { a[n][k] = -b[n] * b[k] }
      a[n][n] = -Double(n + 1)
    }
    return (a, b, (0..<size).map { (Double($0) + 0.5).squareRoot() })
  }

  /// HiPPO-LegS in the eigenbasis of its normal part.
  ///
  /// A + P P^T = -1/2 I + S with S skew. Of each conjugate
  /// pair of eigenvalues the one with the negative imaginary part is kept, the most negative first.
  /// Eigenvectors are free up to a phase; theirs make B real and positive.
  ///
  /// - Parameter size: all states, twice the ones that are kept; even.
  /// - Returns: eigenvalues, P and B, [size / 2] each.
  static func legS(size: Int) -> (w: [ComplexDouble], p: [ComplexDouble], b: [ComplexDouble]) {
    // Every layer of a network asks for the same one.
    if let found = known.withLock({ $0[size] }) { return found }
    let computed = computeLegS(size: size)
    known.withLock { $0[size] = computed }
    return computed
  }

  private static let known = Mutex<
    [Int: (w: [ComplexDouble], p: [ComplexDouble], b: [ComplexDouble])]
  >([:])

  private static func computeLegS(
    size: Int
  ) -> (w: [ComplexDouble], p: [ComplexDouble], b: [ComplexDouble]) {
    let (_, root, low) = legSMatrix(size: size)
    // -i S, with S = A + P P^T + 1/2 I, whose upper half is P P^T alone.
    let matrix = (0..<size).map { n in
      (0..<size).map { k in
        let upper = low[n] * low[k]
        return ComplexDouble(0, k == n ? 0 : k < n ? upper : -upper)
      }
    }
    let (values, vectors) = hermitianEigen(matrix)
    func project(_ vector: [ComplexDouble], _ target: [Double]) -> ComplexDouble {
      zip(vector, target).reduce(ComplexDouble(0)) { $0 + $1.0.conjugate.multiplied(by: $1.1) }
    }
    var (p, b) = ([ComplexDouble](), [ComplexDouble]())
    for vector in vectors.prefix(size / 2) {
      let input = project(vector, root)
      let phase = input.conjugate.multiplied(by: 1 / input.length)
      b.append(ComplexDouble(input.length, 0))
      p.append(phase * project(vector, low))
    }
    return (values.prefix(size / 2).map { ComplexDouble(-0.5, $0) }, p, b)
  }

  /// The diagonal matrices of S4D, [size / 2] (Gu, Gupta, Goel and Re, "On the parameterization and
  /// initialization of diagonal state space models", 2022, section 4).
  static func diagonal(_ kind: StateSpace.Eigenvalues, size: Int) -> [ComplexDouble] {
    switch kind {
    case .linear: (0..<size / 2).map { ComplexDouble(-0.5, .pi * Double($0)) }
    case .inverse:
      (0..<size / 2).map { k in
        ComplexDouble(-0.5, Double(size) / .pi * (Double(size) / Double(1 + 2 * k) - 1))
      }
    case .legS: legS(size: size).w
    }
  }
}
