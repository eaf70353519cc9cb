/// A cut of 0 ..< count into pieces of one size, the last one shorter.
///
/// The cut depends on the count alone, so that sums over pieces do not depend on the threads.
struct Tiles {
  let total: Int
  let size: Int

  /// Pieces of `size`.
  init(of total: Int, size: Int) {
    precondition(total >= 0 && size > 0, "Tiles: \(total) in pieces of \(size)")
    self.total = total
    self.size = size
  }

  /// At most sixteen pieces of at least 128 rows, for sums over rows that are kept per piece.
  init(summing rows: Int) {
    self.init(of: rows, size: max(128, (rows + 15) / 16))
  }

  var count: Int { (total + size - 1) / size }

  subscript(index: Int) -> Range<Int> {
    index * size..<min(total, (index + 1) * size)
  }
}

extension Range<Int> {
  /// The same number of values, `offset` further on.
  func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }
}
