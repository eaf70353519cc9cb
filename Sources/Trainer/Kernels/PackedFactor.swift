internal import CKernels

/// The right factor of many products, arranged once for all of them.
///
/// It lies in panels of 32 columns, each row after row, so that a product reads it in the order in
/// which it multiplies. Packing a weight for every tile of rows, as a product of plain matrices
/// does, takes up to a third of the time of such a tile.
struct PackedFactor {
  private let base: UnsafeMutablePointer<Float>
  /// The inner dimension of the products.
  let rows: Int
  let columns: Int

  /// The values that a packed matrix takes.
  static func count(rows: Int, columns: Int) -> Int {
    Tiles.panels(of: columns).count * panel * rows
  }

  /// The values that a matrix takes, whether it is packed as it is or transposed.
  static func countEitherWay(rows: Int, columns: Int) -> Int {
    max(count(rows: rows, columns: columns), count(rows: columns, columns: rows))
  }

  fileprivate static let panel = Int(CKERNELS_PANEL)

  /// Packs a matrix or its transpose.
  ///
  /// - Parameters:
  ///   - matrix: B, or B^T when transposed.
  ///   - transposed: whether the rows of `matrix` are columns of B.
  ///   - base: room for ``count(rows:columns:)`` values, overwritten; they stay in use.
  ///   - pool: the threads that share the work.
  init(
    _ matrix: Matrix,
    transposed: Bool,
    at base: UnsafeMutablePointer<Float>,
    _ pool: WorkerPool
  ) {
    self.base = base
    (rows, columns) =
      transposed ? (matrix.columns, matrix.rows) : (matrix.rows, matrix.columns)
    let (rowStride, columnStride) = transposed ? (1, matrix.stride) : (matrix.stride, 1)
    let (rows, panels) = (rows, Tiles.panels(of: columns))
    pool.parallelFor(panels.count) { index in
      let columns = panels[index]
      ckernels_pack(
        base + columns.lowerBound * rows,
        matrix.base + columns.lowerBound * columnStride,
        rowStride,
        columnStride,
        rows,
        columns.count
      )
    }
  }

  /// Places what was packed before.
  private init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
    (self.base, self.rows, self.columns) = (base, rows, columns)
  }

  /// Some of the columns, which start with a panel.
  subscript(columns range: Range<Int>) -> PackedFactor {
    precondition(
      range.lowerBound % Self.panel == 0 && range.upperBound <= columns,
      "PackedFactor: columns \(range) of \(columns)"
    )
    return PackedFactor(base: base + range.lowerBound * rows, rows: rows, columns: range.count)
  }

  fileprivate func multiply(_ left: Matrix, into output: Matrix, adds: Bool) {
    ckernels_product(
      output.base,
      output.stride,
      left.base,
      left.stride,
      base,
      left.rows,
      columns,
      rows,
      adds
    )
  }
}

extension Tiles {
  fileprivate static func panels(of columns: Int) -> Tiles {
    Tiles(of: columns, size: PackedFactor.panel)
  }
}

/// Overwrites or updates a matrix with a product of a matrix and a packed one, on the calling thread.
///
/// C = A B, or C += A B
///
/// - Parameters:
///   - left: A, [m, k].
///   - right: B, [k, n].
///   - output: C, [m, n]. May not overlap the factors.
///   - adds: whether results are added to instead of overwritten.
/// - Precondition: the shapes agree, and k is not 0.
func multiply(_ left: Matrix, _ right: PackedFactor, into output: Matrix, adds: Bool = false) {
  precondition(
    left.columns == right.rows && right.rows > 0
      && output.rows == left.rows && output.columns == right.columns,
    "multiply: \(left.shape) by packed [\(right.rows), \(right.columns)] into \(output.shape)"
  )
  right.multiply(left, into: output, adds: adds)
}
