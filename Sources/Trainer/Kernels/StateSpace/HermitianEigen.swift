internal import ComplexModule

/// The eigenvalues and eigenvectors of a Hermitian matrix, by Jacobi's rotations.
///
/// Every rotation makes one pair of entries 0; a handful of sweeps over all pairs leaves a diagonal
/// (Golub and Van Loan, "Matrix computations", section 8.5).
///
/// - Parameter matrix: [size][size], Hermitian.
/// - Returns: the eigenvalues in rising order, and the eigenvector of each.
func hermitianEigen(
  _ matrix: [[ComplexDouble]]
) -> (values: [Double], vectors: [[ComplexDouble]]) {
  let size = matrix.count
  var a = matrix
  // Row k of `vectors` becomes the eigenvector of entry (k, k), conjugated.
  var vectors = (0..<size).map { row in (0..<size).map { ComplexDouble($0 == row ? 1 : 0) } }
  let norm = matrix.joined().reduce(0) { $0 + $1.lengthSquared }
  var previous = Double.infinity
  for _ in 0..<60 {
    var rest = 0.0
    for p in 0..<size { for q in 0..<size where p != q { rest += a[p][q].lengthSquared } }
    // Large matrices stay above the first limit by their rounding; what no longer falls is done.
    if rest <= 1e-31 * norm || (rest <= 1e-20 * norm && rest > previous / 4) { break }
    previous = rest
    for p in 0..<size {
      for q in p + 1..<max(p + 1, size) { rotate(&a, &vectors, p, q) }
    }
  }
  let order = (0..<size).sorted { a[$0][$0].real < a[$1][$1].real }
  return (order.map { a[$0][$0].real }, order.map { vectors[$0].map(\.conjugate) })
}

/// a <- J^H a J and vectors <- J^H vectors with a_pq becoming 0.
private func rotate(
  _ a: inout [[ComplexDouble]],
  _ vectors: inout [[ComplexDouble]],
  _ p: Int,
  _ q: Int
) {
  let size = a.count
  let entry = a[p][q]
  let length = entry.length
  guard length > 1e-300 else { return }
  let phase = entry.multiplied(by: 1 / length)
  let tau = (a[q][q].real - a[p][p].real) / (2 * length)
  let tangent = (tau >= 0 ? 1 : -1) / (abs(tau) + (1 + tau * tau).squareRoot())
  let cosine = 1 / (1 + tangent * tangent).squareRoot()
  let sine = phase.multiplied(by: tangent * cosine)
  func mix(_ x: inout ComplexDouble, _ y: inout ComplexDouble, _ s: ComplexDouble) {
    (x, y) = (
      x.multiplied(by: cosine) - s * y, s.conjugate * x + y.multiplied(by: cosine)
    )
  }
  for k in 0..<size {
    var (x, y) = (a[p][k], a[q][k])
    mix(&x, &y, sine)
    (a[p][k], a[q][k]) = (x, y)
    (x, y) = (vectors[p][k], vectors[q][k])
    mix(&x, &y, sine)
    (vectors[p][k], vectors[q][k]) = (x, y)
  }
  for k in 0..<size {
    var (x, y) = (a[k][p], a[k][q])
    mix(&x, &y, sine.conjugate)
    (a[k][p], a[k][q]) = (x, y)
  }
}
