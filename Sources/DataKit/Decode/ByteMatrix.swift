/// A matrix of bytes as NumPy stores it.
struct ByteMatrix: Sendable {
  var rows: Int
  var columns: Int
  /// Whether the elements of a column stand together (Fortran order) instead of those of a row.
  var isColumnMajor: Bool
  var elements: ArraySlice<UInt8>

  /// A row's elements.
  func row(_ row: Int) -> [UInt8] {
    let first = elements.startIndex
    guard isColumnMajor else {
      return Array(elements[first + row * columns..<first + (row + 1) * columns])
    }
    return (0..<columns).map { elements[first + $0 * rows + row] }
  }
}
