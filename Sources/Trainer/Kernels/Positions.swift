internal import RealModule

/// Fills a table of sines and cosines.
///
/// Column 2m of row t is sin(t 10000^(-2m / width)), column 2m + 1 its cosine, computed in Double
/// (Vaswani et al. 2017, section 3.5; float32 angles are off by 1e-3 at t = 16384).
///
/// - Parameters:
///   - table: [length, width]; overwritten.
///   - pool: the threads that share the work.
func fillSinusoids(_ table: Matrix, _ pool: WorkerPool) {
  let frequencies = pairFrequencies(width: table.columns)
  let tiles = Tiles(of: table.rows, size: 256)
  pool.parallelFor(tiles.count) { index in
    for position in tiles[index] {
      let row = table.row(position)
      for column in 0..<table.columns {
        let angle = Double(position) * frequencies[column / 2]
        row[column] = Float(column % 2 == 0 ? Double.sin(angle) : Double.cos(angle))
      }
    }
  }
}

/// 10000^(-2m / width) for every pair m of columns.
private func pairFrequencies(width: Int) -> [Double] {
  (0..<(width + 1) / 2).map { Double.pow(10_000, -Double(2 * $0) / Double(width)) }
}

/// Adds row t of a table to position t of every sequence.
///
/// - Parameters:
///   - table: at least [length, width].
///   - length: the positions of a sequence.
///   - output: [rows * length, width]; added to.
///   - pool: the threads that share the work.
func addPositions(_ table: Matrix, length: Int, to output: Matrix, _ pool: WorkerPool) {
  precondition(
    table.rows >= length && table.columns == output.columns,
    "addPositions: a table \(table.shape) for length \(length), width \(output.columns)"
  )
  let tiles = Tiles(of: output.rows, size: 256)
  pool.parallelFor(tiles.count) { index in
    for position in tiles[index] {
      let (source, target) = (table.row(position % length), output.row(position))
      for column in 0..<output.columns { target[column] += source[column] }
    }
  }
}

/// The backward pass of adding a learned table: row t collects position t of every sequence.
///
/// - Parameters:
///   - outputGradient: [rows * length, width].
///   - length: the positions of a sequence.
///   - tableGradient: at least [length, width]; added to.
///   - pool: the threads that share the work.
func positionsBackward(
  _ outputGradient: Matrix,
  length: Int,
  into tableGradient: Matrix,
  _ pool: WorkerPool
) {
  let tiles = Tiles(of: length, size: 32)
  pool.parallelFor(tiles.count) { index in
    for position in tiles[index] {
      let target = tableGradient.row(position)
      for row in stride(from: position, to: outputGradient.rows, by: length) {
        let source = outputGradient.row(row)
        for column in 0..<outputGradient.columns { target[column] += source[column] }
      }
    }
  }
}

/// Fills the table of rotary angles.
///
/// Columns 2m and 2m + 1 of row t are cosine and sine of t 10000^(-2m / width), in Double.
///
/// - Parameters:
///   - table: [length, turned channels]; overwritten.
///   - pool: the threads that share the work.
func fillRotations(_ table: Matrix, _ pool: WorkerPool) {
  let frequencies = pairFrequencies(width: table.columns)
  let tiles = Tiles(of: table.rows, size: 256)
  pool.parallelFor(tiles.count) { index in
    for position in tiles[index] {
      let row = table.row(position)
      for pair in 0..<table.columns / 2 {
        let angle = Double(position) * frequencies[pair]
        row[2 * pair] = Float(Double.cos(angle))
        row[2 * pair + 1] = Float(Double.sin(angle))
      }
    }
  }
}

/// Rotates pairs of channels by their position's angles.
///
/// (a, b) -> (a cos - b sin, a sin + b cos)                         (Su et al. 2021, section 3.2.2)
///
/// The first channels of a head, as many as the table has columns, are turned; the rest pass. The
/// backward pass is the rotation back: `inverse`.
///
/// - Parameters:
///   - values: [rows * length, heads * head width]; changed in place.
///   - table: from ``fillRotations(_:_:)``, [length, turned channels].
///   - headWidth: the channels of a head; those of the table when nil.
///   - pairing: which two of the turned channels make a pair.
///   - length: the positions of a sequence.
///   - inverse: whether to rotate back.
///   - pool: the threads that share the work.
func rotate(
  _ values: Matrix,
  table: Matrix,
  headWidth: Int? = nil,
  pairing: NetworkConfiguration.Rotary.Pairing = .adjacent,
  length: Int,
  inverse: Bool,
  _ pool: WorkerPool
) {
  let headWidth = headWidth ?? table.columns
  precondition(
    table.rows >= length && table.columns % 2 == 0 && table.columns <= headWidth
      && values.columns % headWidth == 0,
    "rotate: \(values.shape) with a table \(table.shape), length \(length)"
  )
  let sign: Float = inverse ? -1 : 1
  let pairs = table.columns / 2
  // Channels from one pair's first to the next one's, and from the first to the second of a pair.
  let (step, apart) = pairing == .adjacent ? (2, 1) : (1, pairs)
  let tiles = Tiles(of: values.rows, size: 256)
  pool.parallelFor(tiles.count) { index in
    for position in tiles[index] {
      let angles = table.row(position % length)
      for first in stride(from: 0, to: values.columns, by: headWidth) {
        let head = values.row(position) + first
        for pair in 0..<pairs {
          let (cosine, sine) = (angles[2 * pair], sign * angles[2 * pair + 1])
          let (a, b) = (head[step * pair], head[step * pair + apart])
          head[step * pair] = a * cosine - b * sine
          head[step * pair + apart] = a * sine + b * cosine
        }
      }
    }
  }
}
