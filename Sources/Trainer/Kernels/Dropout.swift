internal import DataKit

/// Which values are dropped, as a function of (seed, step, site, position in the whole batch).
struct Dropout {
  /// The probability that a value is dropped.
  let probability: Float
  /// One draw per (row, channel) instead of one per value.
  let isTied: Bool
  let step: UInt64
  /// The positions of a sequence.
  let length: Int
  /// The place of the rows in a batch that is split over ranks, or nil.
  let share: BatchShare?
  private let generator: Philox
  private let threshold: UInt32
  /// What kept values are multiplied by, 1 / (1 - p).
  let scale: Float

  init(
    probability: Float,
    isTied: Bool,
    seed: UInt64,
    step: Int,
    length: Int,
    share: BatchShare? = nil
  ) {
    precondition(probability > 0 && probability < 1, "Dropout: probability is \(probability)")
    self.probability = probability
    self.isTied = isTied
    self.step = UInt64(step)
    self.length = length
    self.share = share
    generator = Philox(seed: seed, purpose: .dropout)
    threshold = UInt32(Double(probability) * 0x1p32)
    scale = 1 / (1 - probability)
  }

  /// Zero or 1 / (1 - p) for four values in a row.
  @inline(__always)
  private func factors(site: Int, block: Int) -> SIMD4<Float> {
    let words = generator.words(
      at: SIMD4(
        UInt32(truncatingIfNeeded: block),
        UInt32(truncatingIfNeeded: block >> 32) << 16
          | UInt32(site),
        UInt32(truncatingIfNeeded: step),
        UInt32(truncatingIfNeeded: step >> 32)
      )
    )
    return SIMD4(repeating: scale).replacing(
      with: SIMD4<Float>.zero,
      where: words .< SIMD4(repeating: threshold)
    )
  }

  /// What the draws of a position are counted by: its sequence when tied, else itself.
  @inline(__always)
  private func group(of position: Int) -> Int {
    guard let share else { return isTied ? position / length : position }
    let row = share.globalRow(position / length)
    return isTied ? row : row * length + position % length
  }

  /// Multiplies values by their factors on the calling thread.
  ///
  /// Forward and backward pass are the same: y = x f, dx = dy f.
  ///
  /// - Parameters:
  ///   - values: some rows of [rows * length, width]; changed in place.
  ///   - firstRow: the place of the first of them among all.
  ///   - site: which of the network's dropouts this is, below 65536.
  func apply(to values: Matrix, firstRow: Int, site: Int) {
    let blocks = (values.columns + 3) / 4
    var row = 0
    while row < values.rows {
      // Rows that share their draws: those of a sequence when tied, one row otherwise.
      let position = firstRow + row
      let shared = isTied ? min(values.rows - row, length - position % length) : 1
      let group = group(of: position)
      for block in 0..<blocks {
        let factors = factors(site: site, block: group * blocks + block)
        let columns = min(4, values.columns - 4 * block)
        for offset in row..<row + shared {
          let target = values.row(offset) + 4 * block
          for column in 0..<columns { target[column] *= factors[column] }
        }
      }
      row += shared
    }
  }

  /// Multiplies values by their factors on all threads, out of place or in place.
  ///
  /// - Parameters:
  ///   - input: [rows * length, width].
  ///   - residual: added after dropping; nil adds nothing.
  ///   - output: overwritten, or with `adding` y = f x + residual. May be `input`.
  ///   - site: which of the network's dropouts this is.
  ///   - pool: the threads that share the work.
  func apply(
    _ input: Matrix,
    adding residual: Matrix? = nil,
    into output: Matrix,
    site: Int,
    _ pool: WorkerPool
  ) {
    let tiles = Tiles(of: input.rows, size: 256)
    pool.parallelFor(tiles.count) { index in
      let rows = tiles[index]
      if input.base != output.base {
        for row in rows { output.row(row).update(from: input.row(row), count: input.columns) }
      }
      apply(to: output[rows: rows], firstRow: rows.lowerBound, site: site)
      guard let residual else { return }
      for row in rows {
        let (source, target) = (residual.row(row), output.row(row))
        for column in 0..<input.columns { target[column] += source[column] }
      }
    }
  }
}
