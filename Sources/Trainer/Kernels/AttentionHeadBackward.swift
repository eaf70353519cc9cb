internal import RealModule

/// The backward pass of one head of one sequence.
///
/// Keys and values are turned once, because OpenBLAS is slow at products of two narrow factors
/// that both run along their rows.
struct HeadBackward {
  let head: HeadViews
  let gradients: HeadViews
  let outputGradient: Matrix
  let output: Matrix
  let logSums: UnsafePointer<Float>
  let shape: AttentionShape
  let scratch: UnsafeMutablePointer<Float>

  /// sum(dy y) of every query, [length].
  private var products: UnsafeMutablePointer<Float> {
    scratch + 2 * shape.rowTile * AttentionShape.columnTile
  }

  /// k^T, [head width, length].
  private var turnedKeys: Matrix { shape.turned(at: products + shape.length) }

  /// v^T, [head width, length].
  private var turnedValues: Matrix {
    shape.turned(at: products + shape.length + shape.turnedCount)
  }

  func run() {
    transpose(head.keys, into: turnedKeys)
    transpose(head.values, into: turnedValues)
    for row in 0..<shape.length {
      let (dy, y) = (outputGradient.row(row), output.row(row))
      var sum: Float = 0
      for column in 0..<shape.headWidth { sum = Relaxed.multiplyAdd(dy[column], y[column], sum) }
      products[row] = sum
    }
    for row in 0..<shape.length {
      gradients.keys.row(row).update(repeating: 0, count: shape.headWidth)
      gradients.values.row(row).update(repeating: 0, count: shape.headWidth)
    }
    let tasks = shape.window == nil ? Tiles(of: shape.length, size: shape.length) : shape.tasks
    for index in 0..<tasks.count { addBlocks(tasks[index]) }
  }

  /// Adds what queries that see the same keys contribute.
  private func addBlocks(_ queries: Range<Int>) {
    let range = shape.keys(of: queries)
    let keyTiles = Tiles(of: range.count, size: AttentionShape.columnTile)
    let queryTiles = Tiles(of: queries.count, size: shape.rowTile)
    for index in 0..<keyTiles.count {
      let keys = keyTiles[index].shifted(by: range.lowerBound)
      for tile in 0..<queryTiles.count {
        let rows = queryTiles[tile].shifted(by: queries.lowerBound)
        if shape.isCausal, rows.upperBound <= keys.lowerBound { continue }
        addBlock(rows, keys, isFirst: index == 0)
      }
    }
  }

  /// Adds one block of scores; the queries' gradient is overwritten by their first one.
  private func addBlock(_ rows: Range<Int>, _ keys: Range<Int>, isFirst: Bool) {
    let scores = Matrix(scratch, rows: rows.count, columns: keys.count)
    let slopes = Matrix(
      scratch + shape.rowTile * AttentionShape.columnTile,
      rows: rows.count,
      columns: keys.count
    )
    let (queries, dy) = (head.queries[rows: rows], outputGradient[rows: rows])
    multiply(queries, turnedKeys[columns: keys], into: scores, scale: shape.scale)
    multiply(dy, turnedValues[columns: keys], into: slopes)
    for row in 0..<rows.count {
      let query = rows.lowerBound + row
      let visible = shape.visibleCount(keys, query: query)
      softmaxRowBackward(
        scores.row(row),
        slopes.row(row),
        count: visible,
        logSum: logSums[query],
        product: products[query],
        scale: shape.scale
      )
      scores.row(row).advanced(by: visible).update(repeating: 0, count: keys.count - visible)
      slopes.row(row).advanced(by: visible).update(repeating: 0, count: keys.count - visible)
    }
    multiply(scores, dy, transposing: .left, into: gradients.values[rows: keys], keep: 1)
    multiply(slopes, queries, transposing: .left, into: gradients.keys[rows: keys], keep: 1)
    multiply(
      slopes,
      head.keys[rows: keys],
      into: gradients.queries[rows: rows],
      keep: isFirst ? 0 : 1
    )
  }
}

/// Turns scores S of one query into P = e^(S - log sum) and dP into dS = P (dP - product) scale.
private func softmaxRowBackward(
  _ scores: UnsafeMutablePointer<Float>,
  _ slopes: UnsafeMutablePointer<Float>,
  count: Int,
  logSum: Float,
  product: Float,
  scale: Float
) {
  let (logSums, products) = (Lanes(repeating: logSum), Lanes(repeating: product))
  let scale = Lanes(repeating: scale)
  forLanes(count) { start in
    let power = exponential(Lanes(scores + start) - logSums)
    power.store(to: scores + start)
    (power * (Lanes(slopes + start) - products) * scale).store(to: slopes + start)
  } rest: { start, rest in
    let score = Lanes(UnsafePointer(scores + start), count: rest, filler: logSum)
    let power = exponential(score - logSums)
    power.store(to: scores + start, count: rest)
    let slope = Lanes(UnsafePointer(slopes + start), count: rest, filler: 0) - products
    (power * slope * scale).store(to: slopes + start, count: rest)
  }
}
