/// Matrices, one after the other, turned over: [count, rows, columns] becomes
/// [count, columns, rows].
func turned(_ values: [Float], count: Int, rows: Int, columns: Int) -> [Float] {
  var result = values
  for item in 0..<count {
    let start = item * rows * columns
    for row in 0..<rows {
      for column in 0..<columns {
        result[start + column * rows + row] = values[start + row * columns + column]
      }
    }
  }
  return result
}
