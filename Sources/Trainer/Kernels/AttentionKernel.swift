internal import RealModule

/// What attention runs over.
struct AttentionShape: Sendable {
  /// The keys of one block of scores.
  static let columnTile = 256
  /// The queries of one task; it turns all keys first, which has to be worth it.
  static let taskTile = 512

  /// Positions of a sequence.
  let length: Int
  let heads: Int
  let headWidth: Int

  /// The queries of one block of scores: as measured, and so few that OpenBLAS multiplies without
  /// arranging its factors first, which it does up to a million multiplications.
  var rowTile: Int { headWidth <= 16 ? 128 : 32 }

  /// Whether a query sees no key later than itself.
  let isCausal: Bool
  /// The part of the sequence that a query sees; all of it when absent.
  var window: AttentionWindow?

  /// Queries that see the same keys, causality apart, at most one task's.
  var tasks: Tiles { Tiles(of: length, size: window?.size ?? AttentionShape.taskTile) }

  /// The keys that a task's queries see, causality apart.
  func keys(of queries: Range<Int>) -> Range<Int> {
    guard let window else { return 0..<length }
    let index = queries.lowerBound / window.size
    let first = max(0, index - window.back) * window.size
    return first..<min(length, (index + window.forward + 1) * window.size)
  }

  var width: Int { heads * headWidth }

  /// The keys of a tile that a query sees; they are the first ones.
  func visibleCount(_ keys: Range<Int>, query: Int) -> Int {
    isCausal ? min(max(query + 1 - keys.lowerBound, 0), keys.count) : keys.count
  }

  var scale: Float { 1 / Float(headWidth).squareRoot() }
  /// Values of scratch that one worker needs, forward or backward.
  var scratchCount: Int {
    2 * rowTile * AttentionShape.columnTile + 2 * rowTile + length
      + 2 * turnedCount
  }

  /// The distance between rows of turned keys.
  ///
  /// It is never a multiple of a memory page, whose rows would push each other out of the cache.
  private var turnedStride: Int { (length + 15) / 16 * 16 + 16 }

  /// Values that turned keys or values take.
  var turnedCount: Int { headWidth * turnedStride }

  /// A view for keys or values turned, [head width, length].
  func turned(at base: UnsafeMutablePointer<Float>) -> Matrix {
    Matrix(base, rows: headWidth, columns: length, stride: turnedStride)
  }
}

/// Local attention by blocks: the sequence is cut into windows, and the queries of a window see every
/// position of `back` windows before it, of its own and of `forward` windows after it.
struct AttentionWindow: Sendable {
  let size: Int
  let back: Int
  let forward: Int
}

/// Attention of every head of every sequence, in blocks, with a running maximum and sum.
///
/// S = q k^T / sqrt(head width), y = softmax(S) v. No more than a block of S exists at a time
/// (Milakov and Gimelshein 2018; Dao et al. 2022, alg. 1).
///
/// - Parameters:
///   - inputs: q, k, v side by side, [rows * length, 3 * width]; heads are slices of each.
///   - shape: lengths, heads and widths.
///   - output: y, [rows * length, width]; overwritten.
///   - logSums: receives log(sum(e^S)) of every query, [rows, heads, length].
///   - scratch: `scratchCount` values for each worker.
///   - pool: the threads that share the work.
func attentionForward(
  _ inputs: Matrix,
  _ shape: AttentionShape,
  into output: Matrix,
  logSums: UnsafeMutablePointer<Float>,
  scratch: (Int) -> UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  checkShapes(inputs, output, shape, "attentionForward")
  let tasks = shape.tasks
  let sequences = inputs.rows / shape.length
  pool.parallelFor(sequences * shape.heads * tasks.count) { index, worker in
    let group = index / tasks.count
    let queries = tasks[index % tasks.count]
    let head = HeadViews(inputs, shape, group: group)
    let turnedKeys = shape.turned(at: scratch(worker))
    var keys = shape.keys(of: queries)
    // Without later keys there is no need to turn them.
    if shape.isCausal { keys = keys.lowerBound..<queries.upperBound }
    transpose(head.keys[rows: keys], into: turnedKeys[columns: keys])
    let tiles = Tiles(of: queries.count, size: shape.rowTile)
    for tile in 0..<tiles.count {
      let first = queries.lowerBound + tiles[tile].lowerBound
      attendTile(
        head,
        turnedKeys: turnedKeys,
        keys: keys,
        first..<first + tiles[tile].count,
        shape,
        into: headSlice(output, shape, group: group),
        logSums: logSums + group * shape.length,
        scratch: scratch(worker) + shape.turnedCount
      )
    }
  }
}

private func checkShapes(
  _ inputs: Matrix,
  _ output: Matrix,
  _ shape: AttentionShape,
  _ name: String
) {
  precondition(
    inputs.rows % shape.length == 0 && inputs.columns == 3 * shape.width
      && output.rows == inputs.rows && output.columns == shape.width,
    "\(name): \(inputs.shape) into \(output.shape), \(shape.heads) heads of \(shape.headWidth)"
  )
}

/// One head of one sequence: [length, head width] of a matrix [rows * length, width].
private func headSlice(_ matrix: Matrix, _ shape: AttentionShape, group: Int) -> Matrix {
  let row = group / shape.heads * shape.length
  let column = group % shape.heads * shape.headWidth
  return matrix[rows: row..<row + shape.length][columns: column..<column + shape.headWidth]
}

/// Queries, keys and values of one head of one sequence, [length, head width] each.
struct HeadViews {
  let queries: Matrix
  let keys: Matrix
  let values: Matrix

  init(_ inputs: Matrix, _ shape: AttentionShape, group: Int) {
    let width = shape.width
    queries = headSlice(inputs[columns: 0..<width], shape, group: group)
    keys = headSlice(inputs[columns: width..<2 * width], shape, group: group)
    values = headSlice(inputs[columns: 2 * width..<3 * width], shape, group: group)
  }
}

private func attendTile(
  _ head: HeadViews,
  turnedKeys: Matrix,
  keys range: Range<Int>,
  _ rows: Range<Int>,
  _ shape: AttentionShape,
  into output: Matrix,
  logSums: UnsafeMutablePointer<Float>,
  scratch: UnsafeMutablePointer<Float>
) {
  let largest = scratch + shape.rowTile * AttentionShape.columnTile
  let sums = largest + shape.rowTile
  largest.update(repeating: -.infinity, count: rows.count)
  sums.update(repeating: 0, count: rows.count)
  let target = output[rows: rows]
  let tiles = Tiles(of: range.count, size: AttentionShape.columnTile)
  for index in 0..<tiles.count {
    let keys = tiles[index].shifted(by: range.lowerBound)
    if shape.isCausal, keys.lowerBound >= rows.upperBound { break }
    let scores = Matrix(scratch, rows: rows.count, columns: keys.count)
    multiply(
      head.queries[rows: rows],
      turnedKeys[columns: keys],
      into: scores,
      scale: shape.scale
    )
    for row in 0..<rows.count {
      let visible = shape.visibleCount(keys, query: rows.lowerBound + row)
      scores.row(row).advanced(by: visible).update(repeating: 0, count: keys.count - visible)
      guard visible > 0 else { continue }
      let maximum = max(largest[row], maximumValue(scores.row(row), count: visible))
      let sum = sumOfExponentials(scores.row(row), count: visible, minus: maximum, stores: true)
      let keep = index == 0 ? 0 : Float.exp(largest[row] - maximum)
      sums[row] = sums[row] * keep + sum
      largest[row] = maximum
      if index > 0, keep != 1 {
        for column in 0..<shape.headWidth { target.row(row)[column] *= keep }
      }
    }
    multiply(scores, head.values[rows: keys], into: target, keep: index == 0 ? 0 : 1)
  }
  for row in 0..<rows.count {
    let factor = 1 / sums[row]
    for column in 0..<shape.headWidth { target.row(row)[column] *= factor }
    logSums[rows.lowerBound + row] = largest[row] + Float.log(sums[row])
  }
}

/// The largest of `count` values.
func maximumValue(_ x: UnsafeMutablePointer<Float>, count: Int) -> Float {
  var best = Lanes(repeating: -.infinity)
  forLanes(count) {
    best = best.larger(Lanes(x + $0))
  } rest: { start, rest in
    best = best.larger(Lanes(UnsafePointer(x + start), count: rest, filler: -.infinity))
  }
  return best.laneMaximum
}

/// The backward pass of y = softmax(S) v, S = q k^T / sqrt(head width).
///
/// P = e^(S - log sum), computed again block by block; dv = P^T dy,
/// dS = P (dy v^T - sum(dy y)) / sqrt(head width), dq = dS k, dk = dS^T q
/// (Dao et al. 2022, alg. 4)
///
/// - Parameters:
///   - outputGradient: dy, [rows * length, width].
///   - inputs: as the forward pass took and left them.
///   - output: as the forward pass took and left them.
///   - logSums: as the forward pass took and left them.
///   - shape: lengths, heads and widths.
///   - inputGradients: dq, dk, dv side by side, [rows * length, 3 * width]; overwritten.
///   - scratch: `scratchCount` values for each worker.
///   - pool: the threads that share the work.
func attentionBackward(
  _ outputGradient: Matrix,
  inputs: Matrix,
  output: Matrix,
  logSums: UnsafePointer<Float>,
  _ shape: AttentionShape,
  into inputGradients: Matrix,
  scratch: (Int) -> UnsafeMutablePointer<Float>,
  _ pool: WorkerPool
) {
  checkShapes(inputs, output, shape, "attentionBackward")
  checkShapes(inputGradients, outputGradient, shape, "attentionBackward")
  let sequences = inputs.rows / shape.length
  pool.parallelFor(sequences * shape.heads) { group, worker in
    let backward = HeadBackward(
      head: HeadViews(inputs, shape, group: group),
      gradients: HeadViews(inputGradients, shape, group: group),
      outputGradient: headSlice(outputGradient, shape, group: group),
      output: headSlice(output, shape, group: group),
      logSums: logSums + group * shape.length,
      shape: shape,
      scratch: scratch(worker)
    )
    backward.run()
  }
}
