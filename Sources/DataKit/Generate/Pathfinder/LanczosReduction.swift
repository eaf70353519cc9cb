internal import Glibc

/// Reduction of 8-bit pictures by a Lanczos filter of three lobes.
///
/// Rows first, then columns, in fixed point with rounding to bytes after each pass, as Pillow's
/// `resize` computes it (`src/libImaging/Resample.c`); the results are equal byte for byte.
struct LanczosReduction: Sendable {
  private static let precision = 22

  /// For each output position the first input position and where its weights start.
  private let starts: [Int]
  private let weightRanges: [Range<Int>]
  private let weights: [Int32]

  /// A reduction of lines of `inputSize` samples to `outputSize`.
  init(from inputSize: Int, to outputSize: Int) {
    let scale = Double(inputSize) / Double(outputSize)
    let filterScale = max(scale, 1)
    var starts: [Int] = []
    var ranges: [Range<Int>] = []
    var weights: [Int32] = []
    for position in 0..<outputSize {
      let center = (Double(position) + 0.5) * scale
      let first = max(0, Int(center - 3 * filterScale + 0.5))
      let last = min(inputSize, Int(center + 3 * filterScale + 0.5))
      let raw = (first..<last).map { Self.lanczos((Double($0) - center + 0.5) / filterScale) }
      let sum = raw.reduce(0, +)
      starts.append(first)
      ranges.append(weights.count..<weights.count + raw.count)
      for value in raw {
        let scaled = value / sum * Double(1 << Self.precision)
        weights.append(Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5))
      }
    }
    self.starts = starts
    weightRanges = ranges
    self.weights = weights
  }

  /// A rectangle of the reduced picture, row-major.
  ///
  /// - Parameters:
  ///   - rows: output rows.
  ///   - columns: output columns.
  ///   - source: the input picture's value at (row, column).
  /// - Returns: rows.count x columns.count bytes.
  func reduce(
    rows: Range<Int>,
    columns: Range<Int>,
    source: (_ row: Int, _ column: Int) -> UInt8
  ) -> [UInt8] {
    guard !rows.isEmpty, !columns.isEmpty else { return [] }
    let firstRow = starts[rows.lowerBound]
    let lastRow = starts[rows.upperBound - 1] + weightRanges[rows.upperBound - 1].count
    var narrow = [UInt8](repeating: 0, count: (lastRow - firstRow) * columns.count)
    for row in firstRow..<lastRow {
      for column in columns {
        let value = filtered(at: column) { source(row, $0) }
        narrow[(row - firstRow) * columns.count + column - columns.lowerBound] = value
      }
    }
    var result: [UInt8] = []
    result.reserveCapacity(rows.count * columns.count)
    for row in rows {
      for column in 0..<columns.count {
        result.append(filtered(at: row) { narrow[($0 - firstRow) * columns.count + column] })
      }
    }
    return result
  }

  @inline(__always)
  private func filtered(at position: Int, _ sample: (Int) -> UInt8) -> UInt8 {
    var sum = 1 << (Self.precision - 1)
    var input = starts[position]
    for index in weightRanges[position] {
      sum += Int(sample(input)) * Int(weights[index])
      input += 1
    }
    return UInt8(clamping: sum >> Self.precision)
  }

  private static func lanczos(_ x: Double) -> Double {
    guard x >= -3, x < 3 else { return 0 }
    return sinc(x) * sinc(x / 3)
  }

  private static func sinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(x * .pi) / (x * .pi)
  }
}
