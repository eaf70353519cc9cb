/// A curve in the characters of a terminal: every character has 2 by 4 dots (Unicode 2800 to 28FF).
public struct BraillePlot {
  private let columns: Int
  private let rows: Int

  /// A plot of so many characters, without what names its axes.
  public init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (max(4, columns), max(2, rows))
  }

  /// The plot as lines, with the greatest and the least value at the left and both ends' steps below.
  ///
  /// - Parameters:
  ///   - points: in the order of steps; values are finite.
  ///   - text: how a value is written.
  /// - Returns: the lines from the top; none without two different steps.
  public func lines(
    _ points: [(step: Double, value: Double)],
    text: (Double) -> String
  ) -> [String] {
    guard let first = points.first?.step, let last = points.last?.step, last > first,
      let least = points.map(\.value).min(), let greatest = points.map(\.value).max()
    else { return [] }
    let (top, bottom) = (text(greatest), text(least))
    let margin = max(top.count, bottom.count)
    func padded(_ text: String) -> String {
      String(repeating: " ", count: margin - text.count) + text
    }
    let dots = characters(points, steps: first...last, values: least...greatest)
    let body = dots.enumerated().map { row, line in
      padded(row == 0 ? top : row == rows - 1 ? bottom : "") + " ┤" + line
    }
    let (from, to) = ("\(Int(first))", "\(Int(last))")
    let gap = max(1, columns - from.count - to.count)
    return body + [padded("") + "  " + from + String(repeating: " ", count: gap) + to]
  }

  private func characters(
    _ points: [(step: Double, value: Double)],
    steps: ClosedRange<Double>,
    values: ClosedRange<Double>
  ) -> [String] {
    let (width, height) = (2 * columns, 4 * rows)
    let span = values.upperBound - values.lowerBound
    func row(_ value: Double) -> Int {
      let share = span > 0 ? (value - values.lowerBound) / span : 0.5
      return Int(((1 - share) * Double(height - 1)).rounded())
    }
    var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: width)
    for point in points {
      let share = (point.step - steps.lowerBound) / (steps.upperBound - steps.lowerBound)
      let column = Int((share * Double(width - 1)).rounded())
      sums[column] = (sums[column].sum + point.value, sums[column].count + 1)
    }
    var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: columns), count: rows)
    var before: (column: Int, row: Int)?
    for (column, entry) in sums.enumerated() where entry.count > 0 {
      let here = (column: column, row: row(entry.sum / Double(entry.count)))
      for dot in Self.line(from: before ?? here, to: here) {
        cells[dot.row / 4][dot.column / 2] |= Self.bits[dot.column % 2][dot.row % 4]
      }
      before = here
    }
    return cells.map { row in
      var text = ""
      for bits in row {
        if let scalar = Unicode.Scalar(0x2800 + bits) { text.unicodeScalars.append(scalar) }
      }
      return text
    }
  }

  /// The dots between two places, every column and row in between touched.
  private static func line(
    from: (column: Int, row: Int),
    to: (column: Int, row: Int)
  ) -> [(column: Int, row: Int)] {
    let count = max(abs(to.column - from.column), abs(to.row - from.row), 1)
    return (0...count).map { index in
      let share = Double(index) / Double(count)
      return (
        from.column + Int((share * Double(to.column - from.column)).rounded()),
        from.row + Int((share * Double(to.row - from.row)).rounded())
      )
    }
  }

  /// The dots of a character by column and row.
  private static let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
}
