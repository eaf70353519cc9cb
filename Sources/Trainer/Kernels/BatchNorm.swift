/// Added to the variance, as in PyTorch.
private let epsilon: Float = 1e-5

/// The share of a new batch in the running statistics, as in PyTorch.
private let momentum: Float = 0.1

/// Normalizes each channel over all rows, then scales and shifts it.
///
/// y = gain (x - mean) / sqrt(variance + 1e-5) + bias           (Ioffe and Szegedy 2015, alg. 1)
///
/// running = 0.9 running + 0.1 batch, with the unbiased variance.
///
/// - Parameters:
///   - input: x, [rows, width]; all rows count, padding too.
///   - gain: [width], followed by the bias, [width].
///   - running: mean, then variance, [width] each; updated. Nil when there is nothing to update.
///   - statistics: receives mean, then 1 / deviation, [width] each.
///   - output: y, [rows, width]; overwritten. May be `input`.
///   - partials: room for ``normPartialCount(rows:width:)`` values.
///   - spread: the ranks over whose rows together the statistics are taken; nil for these rows alone.
///   - pool: the threads that share the work.
func batchNormForward(
  _ input: Matrix,
  gain: UnsafePointer<Float>,
  running: UnsafeMutablePointer<Float>?,
  statistics: UnsafeMutablePointer<Float>,
  into output: Matrix,
  partials: UnsafeMutablePointer<Float>,
  spread: NormSpread? = nil,
  _ pool: WorkerPool
) {
  let width = input.columns
  let rows = Float(spread?.positions ?? input.rows)
  let (mean, scale) = (statistics, statistics + width)
  mean.update(repeating: 0, count: width)
  columnMeans(input, around: mean, squared: false, into: scale, partials: partials, spread, pool)
  mean.update(from: scale, count: width)
  columnMeans(input, around: mean, squared: true, into: scale, partials: partials, spread, pool)
  for column in 0..<width {
    let variance = scale[column]
    let unbiased = variance * (rows / max(1, rows - 1))
    if let running {
      running[column] += momentum * (mean[column] - running[column])
      running[width + column] += momentum * (unbiased - running[width + column])
    }
    scale[column] = 1 / (variance + epsilon).squareRoot()
  }
  normalizeColumns(input, gain: gain, statistics: statistics, into: output, pool)
}

/// As ``batchNormForward(_:gain:running:statistics:into:partials:spread:_:)`` with the running mean and
/// variance instead of the batch's, for evaluation.
func batchNormEvaluation(
  _ input: Matrix,
  gain: UnsafePointer<Float>,
  running: UnsafePointer<Float>,
  statistics: UnsafeMutablePointer<Float>,
  into output: Matrix,
  _ pool: WorkerPool
) {
  let width = input.columns
  for column in 0..<width {
    statistics[column] = running[column]
    statistics[width + column] = 1 / (running[width + column] + epsilon).squareRoot()
  }
  normalizeColumns(input, gain: gain, statistics: statistics, into: output, pool)
}

/// The backward pass of y = gain n + bias with n = (x - mean) / deviation, per channel.
///
/// dbias = sum(dy), dgain = sum(dy n),
/// dx = gain / deviation (dy - dbias / rows - n dgain / rows)
///
/// - Parameters:
///   - outputGradient: dy, [rows, width].
///   - input: x, [rows, width].
///   - gain: as in the forward pass.
///   - statistics: as the forward pass left them.
///   - inputGradient: dx; overwritten, or added to when `adds`. May be `outputGradient`.
///   - adds: whether results are added to instead of overwritten.
///   - gradients: dgain, then dbias, [width] each; added to.
///   - partials: room for ``normPartialCount(rows:width:)`` values and 2 * width more.
///   - spread: as in the forward pass; `gradients` still get the sums over these rows alone.
///   - pool: the threads that share the work.
func batchNormBackward(
  _ outputGradient: Matrix,
  input: Matrix,
  gain: UnsafePointer<Float>,
  statistics: UnsafePointer<Float>,
  into inputGradient: Matrix,
  adds: Bool,
  gradients: UnsafeMutablePointer<Float>,
  partials: UnsafeMutablePointer<Float>,
  spread: NormSpread? = nil,
  _ pool: WorkerPool
) {
  let width = input.columns
  let tiles = Tiles(summing: input.rows)
  let (mean, scale) = (statistics, statistics + width)
  pool.parallelFor(tiles.count) { index in
    sumRows(tiles[index], count: 2 * width, into: partials + index * 2 * width) { row, sums in
      let (dy, x) = (outputGradient.row(row), input.row(row))
      for column in 0..<width {
        sums[column] += dy[column] * ((x[column] - mean[column]) * scale[column])
        sums[width + column] += dy[column]
      }
    }
  }
  let totals = partials + tiles.count * 2 * width
  totals.update(repeating: 0, count: 2 * width)
  addPartials(partials, pieces: tiles.count, count: 2 * width, into: totals, pool)
  for column in 0..<2 * width { gradients[column] += totals[column] }
  spread?.group.allReduce(UnsafeMutableBufferPointer(start: totals, count: 2 * width))
  let rows = Float(spread?.positions ?? input.rows)
  for column in 0..<2 * width { totals[column] /= rows }
  pool.parallelFor(tiles.count) { index in
    for row in tiles[index] {
      let (dy, x, dx) = (outputGradient.row(row), input.row(row), inputGradient.row(row))
      for column in 0..<width {
        let normalized = (x[column] - mean[column]) * scale[column]
        let centered = dy[column] - totals[width + column] - normalized * totals[column]
        let gradient = gain[column] * scale[column] * centered
        dx[column] = adds ? dx[column] + gradient : gradient
      }
    }
  }
}

/// Sums over rows in groups of sixteen, lest the roundings of a long sum pile up.
///
/// - Parameters:
///   - rows: the rows of a tile.
///   - count: the sums.
///   - sums: overwritten.
///   - add: adds a row's values to the sums of its group.
@inline(__always)
private func sumRows(
  _ rows: Range<Int>,
  count: Int,
  into sums: UnsafeMutablePointer<Float>,
  _ add: (_ row: Int, _ group: UnsafeMutablePointer<Float>) -> Void
) {
  sums.update(repeating: 0, count: count)
  withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { buffer in
    guard let group = buffer.baseAddress else { return }
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: 16) {
      group.initialize(repeating: 0, count: count)
      for row in first..<min(first + 16, rows.upperBound) { add(row, group) }
      for index in 0..<count { sums[index] += group[index] }
    }
  }
}

/// The mean over the rows of x - center, or of its square; tiles and ranks are joined in Double.
private func columnMeans(
  _ input: Matrix,
  around center: UnsafePointer<Float>,
  squared: Bool,
  into means: UnsafeMutablePointer<Float>,
  partials: UnsafeMutablePointer<Float>,
  _ spread: NormSpread?,
  _ pool: WorkerPool
) {
  let width = input.columns
  let tiles = Tiles(summing: input.rows)
  pool.parallelFor(tiles.count) { index in
    sumRows(tiles[index], count: width, into: partials + index * width) { row, sums in
      let x = input.row(row)
      if squared {
        for column in 0..<width {
          let distance = x[column] - center[column]
          sums[column] += distance * distance
        }
      } else {
        for column in 0..<width { sums[column] += x[column] }
      }
    }
  }
  var sums = (0..<width).map { column in
    (0..<tiles.count).reduce(0.0) { $0 + Double(partials[$1 * width + column]) }
  }
  spread?.group.allReduce(&sums)
  let rows = Double(spread?.positions ?? input.rows)
  for column in 0..<width { means[column] = Float(sums[column] / rows) }
}

private func normalizeColumns(
  _ input: Matrix,
  gain: UnsafePointer<Float>,
  statistics: UnsafePointer<Float>,
  into output: Matrix,
  _ pool: WorkerPool
) {
  let width = input.columns
  precondition(
    input.rows == output.rows && output.columns == width,
    "batchNorm: \(input.shape) into \(output.shape)"
  )
  let (bias, mean, scale) = (gain + width, statistics, statistics + width)
  let tiles = Tiles(of: input.rows, size: 256)
  pool.parallelFor(tiles.count) { index in
    for row in tiles[index] {
      let (x, y) = (input.row(row), output.row(row))
      for column in 0..<width {
        y[column] = (x[column] - mean[column]) * scale[column] * gain[column] + bias[column]
      }
    }
  }
}
