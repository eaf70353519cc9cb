internal import COpenBLAS

/// A view of Float values as rows and columns; it does not own them.
struct Matrix {
  /// The first value of the first row.
  let base: UnsafeMutablePointer<Float>
  let rows: Int
  let columns: Int
  /// The distance from one row to the next, in values.
  let stride: Int

  /// The values from `base` on, row after row, `stride` (or `columns`) apart.
  init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  /// The first value of a row.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }

  /// Some of the rows.
  subscript(rows range: Range<Int>) -> Matrix {
    Matrix(row(range.lowerBound), rows: range.count, columns: columns, stride: stride)
  }

  /// Some of the columns.
  subscript(columns range: Range<Int>) -> Matrix {
    Matrix(base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// The shape as text, for messages.
  var shape: String { "[\(rows), \(columns)]" }
}

/// Memory that is given out as matrices of equally many rows, one after the other.
struct MatrixStack {
  /// The first value that was not given out.
  private(set) var base: UnsafeMutablePointer<Float>
  let rows: Int

  init(_ base: UnsafeMutablePointer<Float>, rows: Int) {
    self.base = base
    self.rows = rows
  }

  /// The next rows * columns values.
  mutating func next(columns: Int) -> Matrix {
    defer { base += rows * columns }
    return Matrix(base, rows: rows, columns: columns)
  }
}

/// Which factors of a product are read transposed.
enum Transposition {
  case none
  case left
  case right
}

/// Overwrites or updates a matrix with a product of two.
///
/// C = scale * A B + keep * C, where A or B may be read transposed.
///
/// - Parameters:
///   - left: A, [m, k], or [k, m] when transposed.
///   - right: B, [k, n], or [n, k] when transposed.
///   - transposing: which factor is read transposed.
///   - output: C, [m, n]. May not overlap the factors.
///   - scale: multiplies the product.
///   - keep: 0 overwrites C without reading it, 1 adds to it.
/// - Precondition: the shapes agree.
func multiply(
  _ left: Matrix,
  _ right: Matrix,
  transposing: Transposition = .none,
  into output: Matrix,
  scale: Float = 1,
  keep: Float = 0
) {
  let inner = transposing == .left ? left.rows : left.columns
  let outerRows = transposing == .left ? left.columns : left.rows
  let outerColumns = transposing == .right ? right.rows : right.columns
  precondition(
    inner == (transposing == .right ? right.columns : right.rows)
      && output.rows == outerRows && output.columns == outerColumns,
    "multiply: \(left.shape) by \(right.shape), transposing \(transposing), into \(output.shape)"
  )
  guard outerRows > 0, outerColumns > 0 else { return }
  cblas_sgemm(
    CblasRowMajor,
    transposing == .left ? CblasTrans : CblasNoTrans,
    transposing == .right ? CblasTrans : CblasNoTrans,
    Int32(outerRows),
    Int32(outerColumns),
    Int32(inner),
    scale,
    left.base,
    Int32(left.stride),
    right.base,
    Int32(right.stride),
    keep,
    output.base,
    Int32(output.stride)
  )
}

/// Writes a matrix with rows and columns exchanged.
///
/// - Parameters:
///   - input: [rows, columns].
///   - output: [columns, rows]; overwritten. May not overlap `input`.
func transpose(_ input: Matrix, into output: Matrix) {
  precondition(
    input.rows == output.columns && input.columns == output.rows,
    "transpose: \(input.shape) into \(output.shape)"
  )
  // Eight rows at a time, so that a line of the output is written while it is near.
  for first in stride(from: 0, to: input.rows, by: 8) {
    for column in 0..<input.columns {
      let target = output.row(column)
      for row in first..<min(first + 8, input.rows) { target[row] = input.row(row)[column] }
    }
  }
}

/// Makes every later product run on the thread that asks for it.
func useOneThreadPerProduct() { openblas_set_num_threads(1) }
