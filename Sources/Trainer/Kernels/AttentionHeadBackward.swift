internal import RealModule

/// The backward pass of one head of one sequence.
///
/// Blocks are held transposed, [keys, queries], so that none of the five products reads a large
/// factor across its rows; that is what OpenBLAS is fast at for narrow heads.
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
    scratch + 2 * AttentionShape.rowTile * AttentionShape.columnTile
  }

  /// k^T, [head width, length].
  private var turnedKeys: Matrix {
    Matrix(products + shape.length, rows: shape.headWidth, columns: shape.length)
  }

  /// dq^T, [head width, length].
  private var turnedGradient: Matrix {
    Matrix(
      turnedKeys.base + shape.headWidth * shape.length,
      rows: shape.headWidth,
      columns: shape.length
    )
  }

  func run() {
    for row in 0..<shape.length {
      let (dy, y, key) = (outputGradient.row(row), output.row(row), head.keys.row(row))
      var sum: Float = 0
      for column in 0..<shape.headWidth {
        sum = Relaxed.multiplyAdd(dy[column], y[column], sum)
        turnedKeys.row(column)[row] = key[column]
      }
      products[row] = sum
    }
    let keyTiles = Tiles(of: shape.length, size: AttentionShape.rowTile)
    let queryTiles = Tiles(of: shape.length, size: AttentionShape.columnTile)
    for index in 0..<keyTiles.count {
      let keys = keyTiles[index]
      var isFirst = true
      for index in 0..<queryTiles.count
      where !shape.isCausal || queryTiles[index].upperBound > keys.lowerBound {
        addBlock(queryTiles[index], keys, overwritesKeys: isFirst)
        isFirst = false
      }
    }
    for row in 0..<shape.length {
      let target = gradients.queries.row(row)
      for column in 0..<shape.headWidth { target[column] = turnedGradient.row(column)[row] }
    }
  }

  private func addBlock(_ queries: Range<Int>, _ keys: Range<Int>, overwritesKeys: Bool) {
    let scores = Matrix(scratch, rows: keys.count, columns: queries.count)
    let slopes = Matrix(
      scratch + AttentionShape.rowTile * AttentionShape.columnTile,
      rows: keys.count,
      columns: queries.count
    )
    let (q, dy) = (head.queries[rows: queries], outputGradient[rows: queries])
    multiply(head.keys[rows: keys], q, transposing: .right, into: scores, scale: shape.scale)
    multiply(head.values[rows: keys], dy, transposing: .right, into: slopes)
    for row in 0..<keys.count {
      let hidden =
        shape.isCausal
        ? min(max(keys.lowerBound + row - queries.lowerBound, 0), queries.count) : 0
      scores.row(row).update(repeating: 0, count: hidden)
      slopes.row(row).update(repeating: 0, count: hidden)
      let first = queries.lowerBound + hidden
      softmaxRowBackward(
        scores.row(row) + hidden,
        slopes.row(row) + hidden,
        count: queries.count - hidden,
        logSums: logSums + first,
        products: products + first,
        scale: shape.scale
      )
    }
    let keep: Float = overwritesKeys ? 0 : 1
    multiply(scores, dy, into: gradients.values[rows: keys], keep: keep)
    multiply(slopes, q, into: gradients.keys[rows: keys], keep: keep)
    multiply(
      turnedKeys[columns: keys],
      slopes,
      into: turnedGradient[columns: queries],
      keep: keys.lowerBound == 0 ? 0 : 1
    )
  }
}

/// Turns scores S of one key into P = e^(S - log sum) and dP into dS = P (dP - product) scale.
///
/// - Parameter count: the queries; log sums and products are theirs.
private func softmaxRowBackward(
  _ scores: UnsafeMutablePointer<Float>,
  _ slopes: UnsafeMutablePointer<Float>,
  count: Int,
  logSums: UnsafePointer<Float>,
  products: UnsafePointer<Float>,
  scale: Float
) {
  let scale = Lanes(repeating: scale)
  forLanes(count) { start in
    let power = exponential(Lanes(scores + start) - Lanes(logSums + start))
    power.store(to: scores + start)
    let slope = Lanes(slopes + start) - Lanes(products + start)
    (power * slope * scale).store(to: slopes + start)
  } rest: { start, rest in
    let sum = Lanes(logSums + start, count: rest, filler: 0)
    let score = Lanes(UnsafePointer(scores + start), count: rest, filler: 0)
    let power = exponential(score - sum)
    power.store(to: scores + start, count: rest)
    let product = Lanes(products + start, count: rest, filler: 0)
    let slope = Lanes(UnsafePointer(slopes + start), count: rest, filler: 0) - product
    (power * slope * scale).store(to: slopes + start, count: rest)
  }
}
