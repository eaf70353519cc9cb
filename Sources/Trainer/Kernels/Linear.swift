/// The rows of one product in a linear map's forward pass.
private let rowTile = 256

/// Maps every row linearly, and may add another matrix on the way.
///
/// y = x W^T + b (+ r)
///
/// - Parameters:
///   - input: x, [rows, inputs].
///   - weight: W, [outputs, inputs].
///   - bias: b, [outputs], or nil for none.
///   - residual: r, [rows, outputs]; nil adds nothing.
///   - output: y, [rows, outputs]; overwritten. May not overlap `input` or `residual`.
///   - packed: room for ``linearPackedCount(inputs:outputs:)`` values.
///   - pool: the threads that share the work.
func linearForward(
  _ input: Matrix,
  weight: Matrix,
  bias: UnsafePointer<Float>?,
  adding residual: Matrix? = nil,
  into output: Matrix,
  packed: UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  precondition(
    input.rows == output.rows,
    "linearForward: \(input.shape) into \(output.shape)"
  )
  let weight = PackedFactor(weight, transposed: true, at: packed, pool)
  let tiles = Tiles(of: input.rows, size: rowTile)
  pool.parallelFor(tiles.count) { index in
    let rows = tiles[index]
    linearTile(
      input[rows: rows],
      weight: weight,
      bias: bias,
      adding: residual?[rows: rows],
      into: output[rows: rows]
    )
  }
}

/// ``linearForward(_:weight:bias:adding:into:packed:_:)`` on the calling thread alone.
///
/// - Parameters:
///   - input: x, [rows, inputs].
///   - weight: W^T, [inputs, outputs].
///   - bias: b, [outputs], or nil for none.
///   - residual: r, [rows, outputs]; nil adds nothing.
///   - output: y, [rows, outputs]; overwritten. May not overlap `input` or `residual`.
func linearTile(
  _ input: Matrix,
  weight: PackedFactor,
  bias: UnsafePointer<Float>?,
  adding residual: Matrix?,
  into output: Matrix
) {
  let width = output.columns
  for row in 0..<output.rows {
    let target = output.row(row)
    switch (residual?.row(row), bias) {
    case (let addend?, let bias?):
      for column in 0..<width { target[column] = addend[column] + bias[column] }
    case (let addend?, nil): target.update(from: addend, count: width)
    case (nil, let bias?): target.update(from: bias, count: width)
    case (nil, nil): target.update(repeating: 0, count: width)
    }
  }
  multiply(input, weight, into: output, adds: true)
}

/// The backward pass of y = x W^T + b.
///
/// dx = dy W, dW = dy^T x, db = the column sums of dy
///
/// - Parameters:
///   - outputGradient: dy, [rows, outputs].
///   - input: x, [rows, inputs].
///   - weight: W, [outputs, inputs].
///   - inputGradient: dx, [rows, inputs]; overwritten, or added to when `adds`; nil skips it. May
///     not overlap dy.
///   - adds: whether results are added to instead of overwritten.
///   - gradients: dW, [outputs, inputs], then db, [outputs]; both are added to.
///   - hasBias: whether there is a b, and so a db.
///   - partials: room for ``linearPartialCount(rows:inputs:outputs:)`` values.
///   - packed: room for ``linearPackedCount(inputs:outputs:)`` values.
///   - pool: the threads that share the work.
func linearBackward(
  _ outputGradient: Matrix,
  input: Matrix,
  weight: Matrix,
  into inputGradient: Matrix?,
  adds: Bool = false,
  gradients: UnsafeMutablePointer<Float>,
  hasBias: Bool = true,
  partials: UnsafeMutablePointer<Float>,
  packed: UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  let (outputs, inputs) = (weight.rows, weight.columns)
  precondition(
    outputGradient.columns == outputs && input.columns == inputs
      && outputGradient.rows == input.rows,
    "linearBackward: \(outputGradient.shape), \(input.shape), weight \(weight.shape)"
  )
  let packedWeight = inputGradient.map { _ in
    PackedFactor(weight, transposed: false, at: packed, pool)
  }
  let tiles = Tiles(summing: input.rows)
  let count = outputs * inputs + (hasBias ? outputs : 0)
  pool.parallelFor(tiles.count) { index in
    let rows = tiles[index]
    let gradient = outputGradient[rows: rows]
    addLinearGradients(
      gradient,
      input: input[rows: rows],
      into: partials + index * count,
      adds: false,
      hasBias: hasBias
    )
    if let inputGradient, let packedWeight {
      multiply(gradient, packedWeight, into: inputGradient[rows: rows], adds: adds)
    }
  }
  addPartials(partials, pieces: tiles.count, count: count, into: gradients, pool)
}

/// The values of partial sums that a linear map's backward pass needs.
func linearPartialCount(rows: Int, inputs: Int, outputs: Int) -> Int {
  Tiles(summing: rows).count * (outputs * inputs + outputs)
}

/// The values that the packed weight of a linear map takes, forward or backward.
func linearPackedCount(inputs: Int, outputs: Int) -> Int {
  PackedFactor.countEitherWay(rows: outputs, columns: inputs)
}

/// Computes dW = dy^T x and db = the column sums of dy on the calling thread.
///
/// - Parameters:
///   - outputGradient: dy, with the shape of y.
///   - input: x.
///   - output: dW, [outputs, inputs], then db, [outputs]; overwritten unless `adds`.
///   - adds: whether results are added to instead of overwritten.
///   - hasBias: whether there is a db.
func addLinearGradients(
  _ outputGradient: Matrix,
  input: Matrix,
  into output: UnsafeMutablePointer<Float>,
  adds: Bool,
  hasBias: Bool = true
) {
  let (outputs, inputs) = (outputGradient.columns, input.columns)
  multiply(
    outputGradient,
    input,
    transposing: .left,
    into: Matrix(output, rows: outputs, columns: inputs),
    keep: adds ? 1 : 0
  )
  if hasBias { addColumnSums(outputGradient, into: output + outputs * inputs, adds: adds) }
}

/// Sums the rows of a matrix: sixteen at a time in Float, these sums in Double.
///
/// - Parameters:
///   - matrix: [rows, columns].
///   - sums: [columns]; overwritten unless `adds`.
///   - adds: whether results are added to instead of overwritten.
func addColumnSums(_ matrix: Matrix, into sums: UnsafeMutablePointer<Float>, adds: Bool) {
  let columns = matrix.columns
  if !adds { sums.update(repeating: 0, count: columns) }
  withUnsafeTemporaryAllocation(of: Double.self, capacity: columns) { totals in
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { group in
      guard let totals = totals.baseAddress, let group = group.baseAddress else { return }
      totals.initialize(repeating: 0, count: columns)
      for first in stride(from: 0, to: matrix.rows, by: 16) {
        group.initialize(from: matrix.row(first), count: columns)
        for row in first + 1..<max(first + 1, min(first + 16, matrix.rows)) {
          let values = matrix.row(row)
          for column in 0..<columns { group[column] += values[column] }
        }
        for column in 0..<columns { totals[column] += Double(group[column]) }
      }
      for column in 0..<columns { sums[column] += Float(totals[column]) }
    }
  }
}

/// Adds partial sums to a result, always in the order of the pieces.
///
/// - Parameters:
///   - partials: [pieces, count].
///   - pieces: the number of partial sums.
///   - count: the number of values.
///   - output: [count]; added to.
///   - pool: the threads that share the work.
func addPartials(
  _ partials: UnsafeMutablePointer<Float>,
  pieces: Int,
  count: Int,
  into output: UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  let tiles = Tiles(of: count, size: 4096)
  pool.parallelFor(tiles.count) { index in
    let range = tiles[index]
    for piece in 0..<pieces {
      let source = partials + piece * count
      for element in range { output[element] += source[element] }
    }
  }
}
