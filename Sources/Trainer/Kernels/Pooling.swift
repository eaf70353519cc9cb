/// Makes one vector of every sequence.
///
/// mean: y = sum_(t < n) x_t / n; sum: the same without n; max: the largest x_t, t < n, per channel; last: x_(n - 1);
/// first: x_0
///
/// - Parameters:
///   - input: x, [rows * length, width].
///   - mode: what is taken of a sequence.
///   - length: the positions of a sequence.
///   - counts: n per row.
///   - choices: for `.max` receives the bits of the chosen t, [rows, width]; the backward pass
///     needs them. The first of equals is chosen.
///   - output: y, [rows, width]; overwritten.
///   - pool: the threads that share the work.
func poolForward(
  _ input: Matrix,
  mode: NetworkConfiguration.Pooling,
  length: Int,
  counts: [Int],
  choices: UnsafeMutablePointer<Float>,
  into output: Matrix,
  _ pool: WorkerPool
) {
  precondition(
    input.rows == counts.count * length && output.rows == counts.count,
    "poolForward: \(input.shape) with \(counts.count) counts into \(output.shape)"
  )
  let width = input.columns
  pool.parallelFor(counts.count) { row in
    let sequence = input[rows: row * length..<(row + 1) * length]
    let (y, chosen) = (output.row(row), choices + row * width)
    switch mode {
    case .sum: addColumnSums(sequence[rows: 0..<counts[row]], into: y, adds: false)
    case .mean:
      addColumnSums(sequence[rows: 0..<counts[row]], into: y, adds: false)
      for column in 0..<width { y[column] /= Float(counts[row]) }
    case .last: y.update(from: sequence.row(counts[row] - 1), count: width)
    case .first: y.update(from: sequence.row(0), count: width)
    case .max:
      y.update(from: sequence.row(0), count: width)
      chosen.update(repeating: 0, count: width)
      for position in 1..<max(counts[row], 1) {
        let x = sequence.row(position)
        for column in 0..<width where x[column] > y[column] {
          y[column] = x[column]
          chosen[column] = Float(bitPattern: UInt32(position))
        }
      }
    case .all: preconditionFailure("poolForward: nothing to pool")
    }
  }
}

/// The backward pass of pooling.
///
/// mean: dx_t = dy / n; sum: dx_t = dy; max: dy goes to the chosen t; last: dx_(n - 1) = dy; first: dx_0 = dy;
/// 0 elsewhere
///
/// - Parameters:
///   - outputGradient: dy, [rows, width].
///   - mode: what is taken of a sequence.
///   - length: the positions of a sequence.
///   - counts: n per row.
///   - choices: as the forward pass left them.
///   - inputGradient: dx, [rows * length, width]; overwritten.
///   - pool: the threads that share the work.
func poolBackward(
  _ outputGradient: Matrix,
  mode: NetworkConfiguration.Pooling,
  length: Int,
  counts: [Int],
  choices: UnsafePointer<Float>,
  into inputGradient: Matrix,
  _ pool: WorkerPool
) {
  let width = outputGradient.columns
  pool.parallelFor(counts.count) { row in
    let (dy, chosen) = (outputGradient.row(row), choices + row * width)
    let sequence = inputGradient[rows: row * length..<(row + 1) * length]
    for position in 0..<length { sequence.row(position).update(repeating: 0, count: width) }
    switch mode {
    case .mean, .sum:
      let factor = mode == .sum ? 1 : 1 / Float(counts[row])
      for position in 0..<counts[row] {
        let dx = sequence.row(position)
        for column in 0..<width { dx[column] = dy[column] * factor }
      }
    case .last: sequence.row(counts[row] - 1).update(from: dy, count: width)
    case .first: sequence.row(0).update(from: dy, count: width)
    case .max:
      for column in 0..<width {
        sequence.row(Int(chosen[column].bitPattern))[column] = dy[column]
      }
    case .all: preconditionFailure("poolBackward: nothing was pooled")
    }
  }
}
