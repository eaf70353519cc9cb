internal import RealModule

/// Added to the variance, as in PyTorch.
private let epsilon: Float = 1e-5

/// The rows that one task normalizes.
private let rowTile = 128

/// Normalizes each row to zero mean and unit variance, then scales and shifts it.
///
/// y = gain (x - mean) / sqrt(variance + 1e-5) + bias                   (Ba et al. 2016, eq. 4)
///
/// - Parameters:
///   - input: x, [rows, width].
///   - gain: [width], followed by the bias, [width].
///   - statistics: receives mean and 1 / deviation, [rows, 2], for the backward pass.
///   - output: y, [rows, width]; overwritten. May be `input`.
///   - pool: the threads that share the work.
func layerNormForward(
  _ input: Matrix,
  gain: UnsafePointer<Float>,
  statistics: UnsafeMutablePointer<Float>,
  into output: Matrix,
  _ pool: WorkerPool
) {
  precondition(
    input.rows == output.rows && input.columns == output.columns,
    "layerNormForward: \(input.shape) into \(output.shape)"
  )
  let width = input.columns
  let bias = gain + width
  let tiles = Tiles(of: input.rows, size: rowTile)
  pool.parallelFor(tiles.count) { index in
    for row in tiles[index] {
      let (x, y) = (input.row(row), output.row(row))
      var sum: Float = 0
      for column in 0..<width { sum = Relaxed.sum(sum, x[column]) }
      let mean = sum / Float(width)
      var squares: Float = 0
      for column in 0..<width {
        let centered = x[column] - mean
        squares = Relaxed.multiplyAdd(centered, centered, squares)
      }
      let scale = 1 / (squares / Float(width) + epsilon).squareRoot()
      for column in 0..<width {
        y[column] = (x[column] - mean) * scale * gain[column] + bias[column]
      }
      statistics[2 * row] = mean
      statistics[2 * row + 1] = scale
    }
  }
}

/// The backward pass of y = gain n + bias with n = (x - mean) / deviation.
///
/// dn = dy gain, dx = (dn - mean(dn) - n mean(dn n)) / deviation,
/// dgain = the column sums of dy n, dbias = those of dy
///
/// - Parameters:
///   - outputGradient: dy, [rows, width].
///   - input: x, [rows, width].
///   - gain: as in the forward pass.
///   - statistics: as the forward pass left them.
///   - inputGradient: dx; overwritten, or added to when `adds`. May be `outputGradient`.
///   - adds: whether results are added to instead of overwritten.
///   - gradients: dgain, then dbias, [width] each; added to.
///   - partials: room for ``normPartialCount(rows:width:)`` values.
///   - pool: the threads that share the work.
func layerNormBackward(
  _ outputGradient: Matrix,
  input: Matrix,
  gain: UnsafePointer<Float>,
  statistics: UnsafePointer<Float>,
  into inputGradient: Matrix,
  adds: Bool,
  gradients: UnsafeMutablePointer<Float>,
  partials: UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  let width = input.columns
  precondition(
    outputGradient.columns == width && inputGradient.columns == width
      && outputGradient.rows == input.rows && inputGradient.rows == input.rows,
    "layerNormBackward: \(outputGradient.shape), \(input.shape) into \(inputGradient.shape)"
  )
  let tiles = Tiles(summing: input.rows)
  pool.parallelFor(tiles.count) { index in
    let sums = partials + index * 2 * width
    sums.update(repeating: 0, count: 2 * width)
    for row in tiles[index] {
      layerNormRowBackward(
        outputGradient.row(row),
        input.row(row),
        gain,
        mean: statistics[2 * row],
        scale: statistics[2 * row + 1],
        into: inputGradient.row(row),
        adds: adds,
        sums: sums,
        width: width
      )
    }
  }
  addPartials(partials, pieces: tiles.count, count: 2 * width, into: gradients, pool)
}

private func layerNormRowBackward(
  _ dy: UnsafePointer<Float>,
  _ x: UnsafePointer<Float>,
  _ gain: UnsafePointer<Float>,
  mean: Float,
  scale: Float,
  into dx: UnsafeMutablePointer<Float>,
  adds: Bool,
  sums: UnsafeMutablePointer<Float>,
  width: Int
) {
  var meanGradient: Float = 0
  var meanProduct: Float = 0
  for column in 0..<width {
    let scaled = dy[column] * gain[column]
    meanGradient = Relaxed.sum(meanGradient, scaled)
    meanProduct = Relaxed.multiplyAdd(scaled, (x[column] - mean) * scale, meanProduct)
  }
  meanGradient /= Float(width)
  meanProduct /= Float(width)
  let biasSums = sums + width
  for column in 0..<width {
    let normalized = (x[column] - mean) * scale
    sums[column] += dy[column] * normalized
    biasSums[column] += dy[column]
  }
  for column in 0..<width {
    let normalized = (x[column] - mean) * scale
    let gradient = (dy[column] * gain[column] - meanGradient - normalized * meanProduct) * scale
    dx[column] = adds ? dx[column] + gradient : gradient
  }
}

/// The values of partial sums that a norm needs.
func normPartialCount(rows: Int, width: Int) -> Int { Tiles(summing: rows).count * 2 * width }
