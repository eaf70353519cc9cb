internal import COpenBLAS

/// A small square matrix of Double values, for what is computed once.
struct SquareMatrix {
  let size: Int
  /// Row after row.
  var values: [Double]

  /// A matrix of zeros.
  init(size: Int) {
    self.size = size
    values = Array(repeating: 0, count: size * size)
  }

  static func identity(size: Int) -> SquareMatrix {
    var matrix = SquareMatrix(size: size)
    for index in 0..<size { matrix[index, index] = 1 }
    return matrix
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
    var product = SquareMatrix(size: left.size)
    let size = Int32(left.size)
    product.values.withUnsafeMutableBufferPointer { output in
      cblas_dgemm(
        CblasRowMajor,
        CblasNoTrans,
        CblasNoTrans,
        size,
        size,
        size,
        1,
        left.values,
        size,
        right.values,
        size,
        0,
        output.baseAddress,
        size
      )
    }
    return product
  }

  /// The matrix times a column.
  static func * (left: SquareMatrix, right: [Double]) -> [Double] {
    (0..<left.size).map { row in
      (0..<left.size).reduce(0) { $0 + left[row, $1] * right[$1] }
    }
  }

  /// A row times the matrix.
  static func * (left: [Double], right: SquareMatrix) -> [Double] {
    var result = [Double](repeating: 0, count: right.size)
    for row in 0..<right.size {
      for column in 0..<right.size { result[column] += left[row] * right[row, column] }
    }
    return result
  }

  /// The matrix times itself `exponent` times, by repeated squaring.
  func power(_ exponent: Int) -> SquareMatrix {
    var (result, square, rest) = (SquareMatrix.identity(size: size), self, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result * square }
      rest >>= 1
      if rest > 0 { square = square * square }
    }
    return result
  }

  /// Solves self X = right by Gaussian elimination with row pivots.
  ///
  /// - Parameters:
  ///   - right: [size, columns], row after row.
  ///   - columns: the number of right sides.
  /// - Returns: X, [size, columns].
  func solve(_ right: [Double], columns: Int) -> [Double] {
    var (matrix, solution) = (self, right)
    for step in 0..<size {
      let pivot = (step..<size).max { abs(matrix[$0, step]) < abs(matrix[$1, step]) } ?? step
      if pivot != step {
        for column in 0..<size {
          matrix.values.swapAt(step * size + column, pivot * size + column)
        }
        for column in 0..<columns {
          solution.swapAt(step * columns + column, pivot * columns + column)
        }
      }
      for row in 0..<size where row != step {
        let factor = matrix[row, step] / matrix[step, step]
        guard factor != 0 else { continue }
        for column in step..<size { matrix[row, column] -= factor * matrix[step, column] }
        for column in 0..<columns {
          solution[row * columns + column] -= factor * solution[step * columns + column]
        }
      }
    }
    for row in 0..<size {
      for column in 0..<columns { solution[row * columns + column] /= matrix[row, row] }
    }
    return solution
  }
}
